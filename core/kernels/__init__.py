"""Compiled steps of the linear models for one core: the iterates of the tensor program, several times faster.

Needs numba (the extra `fast`); `AVAILABLE` says whether it is there. All else is imported where it is used,
since loading the compiler takes a moment and memory.
"""

from importlib.util import find_spec

AVAILABLE = find_spec("numba") is not None
"""Whether compiled code can run here."""
