"""The figures of the paper, a module for those that share their runs."""
