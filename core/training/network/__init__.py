"""Training of networks: runs side by side, evaluated on a schedule, with bracketed or refined crossings."""
