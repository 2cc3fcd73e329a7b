"""Which metrics share an axis, and what it is called."""

import pytest

from core.figures.draw.scales import axis_label, split_axes


@pytest.mark.parametrize(
    ("metrics", "left", "label", "right"),
    [
        (["train_error", "l1_norm", "test_error"], ["train_error", "test_error"], "error", ["l1_norm"]),
        (["test_loss", "zero_baseline"], ["test_loss", "zero_baseline"], "loss", []),
        (["zero_baseline", "test_r2"], ["test_r2"], "test $R^2$", ["zero_baseline"]),
        (["zero_baseline"], ["zero_baseline"], "zero baseline", []),
    ],
)
def test_baselines_stand_beside_the_losses_that_they_are(
    metrics: list[str], left: list[str], label: str, right: list[str]
) -> None:
    assert split_axes(metrics) == (left, right)
    assert axis_label(left) == label
