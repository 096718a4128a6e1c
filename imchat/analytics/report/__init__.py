"""Reports: what customers met with and what the agents did, in numbers."""
