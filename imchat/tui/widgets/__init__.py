"""The regions of the screens, a file each."""
