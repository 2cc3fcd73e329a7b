"""The version of the service."""

import hashlib
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import core


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
    hasher = hashlib.sha256()
    for folder in (Path(__file__).parent, Path(core.__file__).parent):
        for path in sorted(folder.rglob("*.py")):
            hasher.update(path.read_bytes())
    return hasher.hexdigest()
