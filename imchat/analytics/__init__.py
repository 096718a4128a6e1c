"""What can be learnt from a site's past: reads through the store, changes nothing."""
