"""The HTTP door, over both databases; workers are played by calls to the store."""
