"""What is answered where matplotlib, the extra `plot`, is not installed."""

from importlib.metadata import version
from importlib.util import find_spec

from api.errors import NotAcceptable


def drawing_version(form: str) -> str:
    """Of the library that draws. Raises NotAcceptable naming the extra where it is missing."""
    if find_spec("matplotlib") is None:
        raise NotAcceptable(
            f"{form} needs the extra `plot`, which is not installed: pip install 'groklab[plot]'. "
            "Without it there is plot.json, the numbers of the picture."
        )
    return version("matplotlib")
