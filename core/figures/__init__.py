"""The figures of a paper: what their panels show, and how they are drawn."""
