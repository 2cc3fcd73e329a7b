"""The version of the service."""

from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import core
from core.sources import sources_digest


@cache
def package_version() -> str:
    """The installed version; a source tree that was never installed has none."""
    try:
        return version("groklab")
    except PackageNotFoundError:
        return "0+source"


@cache
def program_digest() -> str:
    """Changes with every line of the program: what it makes of the same runs may be another answer then."""
    return sources_digest(Path(__file__).parent, Path(core.__file__).parent)
