"""What is read out of what the store keeps. Knows no wire and no client."""
