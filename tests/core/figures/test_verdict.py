"""What passes, what fails with a number, and what fails without one."""

import math
from dataclasses import replace
from typing import Any

import pytest

from core.figures import Claim, Judged, Scale, judge, share
from core.figures.claim import at_least, at_most, between, exactly, near
from core.figures.evidence import Runs, Unmeasurable
from core.figures.measures import each, t1
from core.spec import parse_spec
from tests.core.figures.shown import Shown

BETA = "/regularization/l1"
SPEC: dict[str, Any] = {
    "problem": {"kind": "sparse_recovery", "measurements": 30},
    "model": {"kind": "linear"},
    "optimizer": {"kind": "subgradient", "learning_rate": 0.1},
    "steps": 100,
    "seed": 3,
    "sweep": {"axes": [{"path": BETA, "values": [1e-5, 1e-4]}]},
}
CLAIM = Claim("C1", "t1", near(60, off=2), each(t1), {BETA: 1e-5})
RUNS = [Shown("run_1", 3, 61, axes={BETA: 1e-5}), Shown("run_2", 3, 90, axes={BETA: 1e-4})]


def verdict(claim: Claim = CLAIM, runs: list[Shown] | None = None, **over: Any) -> Judged:
    """On these runs of an experiment with some fields otherwise."""
    (judged,) = judge(Scale(SPEC, (claim,)), parse_spec({**SPEC, **over}), RUNS if runs is None else runs)
    return judged


def test_a_claim_is_measured_on_the_runs_that_it_speaks_of() -> None:
    judged = verdict()
    assert (judged.measured, judged.passed, judged.runs, judged.note) == (61, True, ("run_1",), None)


def test_the_run_that_is_farthest_off_counts() -> None:
    everywhere = replace(CLAIM, where={})
    judged = verdict(everywhere)
    assert (judged.measured, judged.passed, judged.runs) == (90, False, ("run_1", "run_2"))
    assert verdict(replace(everywhere, expected=between(61, 90))).passed


@pytest.mark.parametrize(
    ("over", "pointer"),
    [
        ({"optimizer": {"kind": "subgradient", "learning_rate": 0.05}}, "/optimizer/learning_rate"),
        ({"problem": {"kind": "sparse_recovery", "measurements": 40}}, "/problem/measurements"),
        ({"detect": {"train_threshold": 1e-2, "test_threshold": 1e-3}}, "/detect/train_threshold"),
        ({"rng": "numpy-legacy"}, "/rng"),
    ],
)
def test_another_spec_fails_with_the_number_that_it_shows(over: dict[str, Any], pointer: str) -> None:
    judged = verdict(**over)
    assert (judged.measured, judged.passed) == (61, False)
    assert judged.note is not None
    assert pointer in judged.note


def test_what_trains_no_other_numbers_may_differ() -> None:
    free: dict[str, Any] = {
        "name": "mine",
        "tags": ["a"],
        "reuse": False,
        "engine": "loop",
        "record": {"per_decade": 7},
    }
    assert verdict(**free).passed


@pytest.mark.parametrize(
    "runs",
    [
        [],
        RUNS[1:],
        [replace(RUNS[0], seed=4)],
        [replace(RUNS[0], axes={BETA: 1e-3})],
        [replace(RUNS[0], axes={})],
        [replace(RUNS[0], state="running")],
        [replace(RUNS[0], state="failed")],
        [replace(RUNS[0], t1=None)],
    ],
)
def test_without_its_runs_a_claim_has_no_number(runs: list[Shown]) -> None:
    judged = verdict(runs=runs)
    assert (judged.measured, judged.passed) == (None, False)
    assert judged.note


def test_a_run_of_another_length_fails() -> None:
    judged = verdict(runs=[replace(RUNS[0], steps=200)])
    assert (judged.measured, judged.passed) == (61, False)
    assert judged.note is not None
    assert "/steps" in judged.note


def test_a_measure_of_no_run_does_not_pass() -> None:
    def none(runs: Runs) -> list[float]:
        return []

    assert verdict(replace(CLAIM, measure=none)).measured is None
    assert not verdict(replace(CLAIM, measure=lambda _: math.nan)).passed
    assert not verdict(replace(CLAIM, where={BETA: 5.0})).passed


def test_a_number_that_cannot_be_computed_does_not_pass() -> None:
    judged = verdict(replace(CLAIM, measure=lambda runs: runs[0].seed / 0))
    assert (judged.measured, judged.passed) == (None, False)
    assert judged.note == "there is no such number: division by zero"
    assert not verdict(replace(CLAIM, measure=lambda _: math.inf, expected=at_least(3))).passed


def test_what_a_measure_misses_is_told() -> None:
    def missing(_: Runs) -> float:
        raise Unmeasurable("no such thing")

    assert verdict(replace(CLAIM, measure=missing)).note == "no such thing"


def test_the_share_of_cells_tells_scales_apart() -> None:
    scale = Scale(SPEC, ())
    taken = [run.place for run in RUNS]
    assert [share(scale, places) for places in ([], taken[:1], taken)] == [0, 0.5, 1]


@pytest.mark.parametrize(
    ("expected", "met", "missed", "text"),
    [
        (exactly(60), [60], [59.999, 61, math.nan], "60"),
        (near(1270, rel=0.2), [1016, 1524], [1015, 1525, math.inf], "1,270 ± 20 %"),
        (near(-1, off=0.25), [-1.25, -0.75], [-1.26, -0.7], "-1 ± 0.25"),
        (near(-2, rel=0.5), [-3, -1], [-3.1, -0.9], "-2 ± 50 %"),
        (between(1, 2), [1, 2], [0.9, 2.1], "1 to 2"),
        (at_least(3), [3, 1e300], [2.99, math.inf, -math.inf, math.nan], "at least 3"),
        (at_most(3), [3, -1e300], [3.01, math.nan], "at most 3"),
    ],
)
def test_what_is_expected(expected: Any, met: list[float], missed: list[float], text: str) -> None:
    assert all(expected.met_by(number) for number in met)
    assert not any(expected.met_by(number) for number in missed)
    assert expected.text == text
    assert all(expected.distance(a) < expected.distance(b) for a in met for b in missed)


def test_an_expectation_has_one_tolerance() -> None:
    with pytest.raises(ValueError, match="one of off and rel"):
        near(1)
    with pytest.raises(ValueError, match="one of off and rel"):
        near(1, off=1, rel=1)
