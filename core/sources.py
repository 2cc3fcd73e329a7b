"""The program itself, as something that what it makes depends on."""

import hashlib
from pathlib import Path


def sources_digest(*folders: Path) -> str:
    """Changes with every line of the Python files in these folders and below them."""
    hasher = hashlib.sha256()
    for path in sorted({path for folder in folders for path in folder.rglob("*.py")}):
        hasher.update(path.read_bytes())
    return hasher.hexdigest()
