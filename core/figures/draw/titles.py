"""Titles and notes: symbols in the place of plain characters, and lines no longer than there is room."""

import re
from collections.abc import Callable, Sequence

from core.figures.draw.wording import number

Made = str | Callable[[re.Match[str]], str]

_LETTERS = {"t": "t", "l": r"\ell"}
_RULES: Sequence[tuple[re.Pattern[str], Made]] = (
    (re.compile(r"\|\|theta\|\|_(\w|\*)"), r"$\\|\\theta\\|_{\1}$"),
    (re.compile(r"\bR\^2"), r"$R^2$"),
    (re.compile(r"\b([tl])([12])\b"), lambda found: f"${_LETTERS[found[1]]}_{found[2]}$"),
    (re.compile(r"\b([aA])\*"), r"$\1^*$"),
    (re.compile(r"\b([NnsLr])(?= = )"), r"$\1$"),
    (re.compile(r"(?<!\\)\b(alpha|beta|tau|theta)\b"), r"$\\\1$"),
    (re.compile(r"\b\d+(?:\.\d+)?e-?\d+\b|(?<= = )\d+\.\d+"), lambda found: number(float(found[0]))),
)


_UNSEEN = {ord(mark): None for mark in "${}^_\\,"}
_WORD = re.compile(r"(?:\$[^$]*\$|[^\s$])+")


def typeset(text: str) -> str:
    """The title with the symbols of the paper in their places: `alpha = 1e-3`, `||theta||_1`, `R^2`, `t1`."""
    for pattern, made in _RULES:
        text = pattern.sub(made, text)
    return text


def seen_length(text: str) -> int:
    """Characters that are seen of a text, about."""
    return len(re.sub(r"\\[a-z]+", "a", re.sub(r"\\times\s?", "x", text)).translate(_UNSEEN))


def wrapped(text: str, characters: int) -> str:
    """The text in lines of at most about so many characters that are seen, of about one length.

    Formulas stay whole.
    """
    fewest = len(_lines(text, characters))
    even = next(
        width for width in range(characters // 2, characters + 1) if len(_lines(text, width)) <= fewest
    )
    return "\n".join(_lines(text, even))


def _lines(text: str, characters: int) -> list[str]:
    lines: list[str] = []
    for word in _WORD.findall(text):
        if lines and seen_length(f"{lines[-1]} {word}") <= characters:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines
