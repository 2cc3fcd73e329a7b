"""What a move refuses to do, and why."""


class Refused(ValueError):
    """Nothing was changed; the message says what is in the way and what to do about it."""
