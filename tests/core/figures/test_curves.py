"""The picture of one run."""

from pathlib import Path

import pytest

from core.figures import Curves, draw_curves

STEPS = [0, 1, 2, 5, 10, 100, 1000]
TRAIN = [1.0, 0.5, 0.1, 1e-3, 1e-4, None, 1e-6]
TEST = [1.0, 1.0, 0.9, 0.9, 0.8, 0.5, 0.0]


@pytest.mark.parametrize("ending", ["png", "svg"])
def test_picture_is_written(tmp_path: Path, ending: str) -> None:
    pytest.importorskip("matplotlib")
    path = tmp_path / f"curves.{ending}"
    draw_curves(Curves(STEPS, TRAIN, TEST, 5, 1000, 700.0, "title"), path)
    assert path.stat().st_size > 5000


def test_marks_are_left_out_where_there_is_nothing_to_mark(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    path = tmp_path / "curves.svg"
    draw_curves(Curves(STEPS, TRAIN, TEST, None, None, None, "title"), path)
    assert path.exists()
