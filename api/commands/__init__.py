"""What the commands of `groklab` do; each module is imported only when its command runs."""
