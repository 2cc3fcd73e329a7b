"""The version of the service."""

from functools import cache
from importlib.metadata import PackageNotFoundError, version


@cache
def package_version() -> str:
    """The installed version; a source tree that was never installed has none."""
    try:
        return version("groklab")
    except PackageNotFoundError:
        return "0+source"
