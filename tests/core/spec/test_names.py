"""What looks like a name that there is, is told beside those that there are."""

from typing import Any

import pytest

from core.spec import SpecInvalid, did_you_mean, metric_names, one_of, parse_spec

SPEC: dict[str, Any] = {
    "problem": {"kind": "sparse_recovery"},
    "model": {"kind": "linear"},
    "optimizer": {"kind": "subgradient", "learning_rate": 0.1},
    "steps": 100,
}


@pytest.mark.parametrize(
    ("given", "meant"),
    [("test_eror", "test_error"), ("TRAIN_LOSS", "train_loss"), ("testerror", "test_error"), ("l1", None)],
)
def test_the_nearest_metric_is_named(given: str, meant: str | None) -> None:
    assert did_you_mean(given, metric_names()) == (f" (did you mean {meant}?)" if meant else "")


@pytest.mark.parametrize("given", [None, 3, "", "tea", "x" * 10**6, ["test_error"]])
def test_nothing_is_guessed_where_nothing_is_near(given: object) -> None:
    assert one_of(["test_error", "train_error"], given) == "one of test_error, train_error"


@pytest.mark.parametrize(
    ("changes", "pointer", "meant"),
    [
        ({"record": {"metrics": ["test_error", "trainerror"]}}, "/record/metrics/1", "train_error"),
        ({"problem": {"kind": "sparse recovery"}}, "/problem/kind", "sparse_recovery"),
        (
            {"optimizer": {"kind": "subgradient", "lerning_rate": 0.1}},
            "/optimizer/lerning_rate",
            "learning_rate",
        ),
        ({"regularisation": {"l1": 0.1}}, "/regularisation", "regularization"),
    ],
)
def test_a_fault_of_a_spec_says_what_was_meant(changes: dict[str, Any], pointer: str, meant: str) -> None:
    with pytest.raises(SpecInvalid) as refused:
        parse_spec({**SPEC, **changes})
    messages = {error.pointer: error.message for error in refused.value.errors}
    assert messages[pointer].endswith(f"(did you mean {meant}?)")
