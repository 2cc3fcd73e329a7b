"""Sweeps that are kept in memory: read once by whoever is first, and gone when there is no room."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from api.sweeps.cells import Cells
from api.sweeps.kept import KeptCells
from core.store import CellRun

WAIT = 30.0


def cells(runs: int, letters: int = 0) -> Cells:
    run = CellRun("run", 0, {"/steps": 1}, "succeeded", "grokked", 1, 2, 3, 3, None, None)
    return Cells(("exp",), {"name": "x" * letters}, ("/steps",), [run] * runs, runs)


def test_what_was_asked_for_longest_ago_gives_way() -> None:
    kept, read = KeptCells(room=25_000), []

    def ask(name: str, runs: int = 5, letters: int = 0) -> None:
        def reading() -> Cells:
            read.append(name)
            return cells(runs, letters)

        kept.recall((name,), reading)

    for name in ("a", "b", "a", "c", "a", "b"):
        ask(name)
    assert read == ["a", "b", "c", "b"]
    ask("many", runs=100)
    ask("many", runs=100)
    ask("long", letters=10_000)
    ask("long", letters=10_000)
    ask("b")
    assert read == ["a", "b", "c", "b", "many", "many", "long", "long"]


def test_who_asks_for_what_is_being_read_waits_and_nobody_else_does() -> None:
    kept, begun, go, times = KeptCells(), threading.Event(), threading.Event(), []

    def slow() -> Cells:
        times.append(1)
        begun.set()
        assert go.wait(WAIT)
        return cells(3)

    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(kept.recall, ("slow",), slow)
        assert begun.wait(WAIT)
        second = pool.submit(kept.recall, ("slow",), slow)
        assert kept.recall(("other",), lambda: cells(1)).own == 1
        assert not second.done()
        go.set()
        assert first.result(WAIT) is second.result(WAIT)
    assert times == [1]


def test_what_cannot_be_read_is_read_again_by_the_next() -> None:
    kept = KeptCells()

    def broken() -> Cells:
        raise OSError("the database is away")

    with pytest.raises(OSError, match="away"):
        kept.recall(("it",), broken)
    assert kept.recall(("it",), lambda: cells(2)).own == 2
