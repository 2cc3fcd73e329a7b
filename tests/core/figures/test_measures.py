"""What measures make of runs, and when they say that there is nothing to measure."""

import math
from collections.abc import Callable
from typing import Any

import pytest

from core.figures import Unmeasurable
from core.figures import measures as m
from core.figures.recipes import coherence, modular, selection
from tests.core.figures.shown import Shown, track

RATE, SHARE = "/optimizer/learning_rate", "/problem/coherence"
RUN = Shown(
    t1=60,
    t2=1500,
    fields={RATE: 0.1, "/regularization": {"l1": 1e-5, "l2_squared": 0.0, "groups": None}},
    theory={"delay": 1000.0, "t1": None},
    tracks={"loss": track(4, 2, 1, 3, every=50)},
)


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (m.t1, 60),
        (m.t2, 1500),
        (m.delay, 1440),
        (m.rate, 0.1),
        (m.strength, 1e-5),
        (m.first("loss"), 4),
        (m.last("loss"), 3),
        (m.least("loss"), 1),
        (m.most("loss"), 4),
        (m.step_of_most("loss"), 0),
        (lambda run: m.predicted(run, "delay"), 1000),
        (lambda run: m.at_step(run, "loss", 51), 1),
        (lambda run: m.first_below(run, "loss", 2), 50),
        (lambda run: m.mean_within(run, "loss", 50, 140), 1.5),
    ],
)
def test_numbers_of_a_run(number: m.Number, expected: float) -> None:
    assert number(RUN) == pytest.approx(expected)


@pytest.mark.parametrize(
    "number",
    [
        m.t1,
        m.t2,
        m.delay,
        m.last("loss"),
        lambda run: m.predicted(run, "delay"),
        lambda run: m.at_step(run, "other", 1),
        lambda run: m.at_step(Shown(tracks=RUN.tracks), "loss", 151),
        lambda run: m.first_below(Shown(tracks=RUN.tracks), "loss", 0.5),
        lambda run: m.mean_within(Shown(tracks=RUN.tracks), "loss", 51, 99),
        lambda run: m.predicted(RUN, "t1"),
        lambda run: m.least_rise([1]),
        lambda run: m.middle([]),
    ],
)
def test_what_a_run_does_not_show(number: Callable[[Shown], Any]) -> None:
    with pytest.raises(Unmeasurable):
        number(Shown())


def test_ticks_of_the_published_schedule() -> None:
    assert [m.tick(step) for step in (60, 999, 1000, 1001, 100_347)] == [60, 999, 1000, 2000, 101_000]


def test_an_exponent_needs_times_and_has_one_prefactor_a_seed() -> None:
    runs = [
        Shown(seed=seed, t2=round(c / alpha), fields={RATE: alpha})
        for seed, c in ((0, 1000), (1, 5000))
        for alpha in (0.01, 0.1, 1.0)
    ]
    assert m.exponent(m.t2, m.rate)(runs) == pytest.approx(-1, abs=1e-3)
    with pytest.raises(Unmeasurable):
        m.exponent(m.t2, m.rate)(runs[:1])
    with pytest.raises(Unmeasurable, match="no t2"):
        m.exponent(m.t2, m.rate)([*runs, Shown(fields={RATE: 2.0})])


def test_pairs_stand_at_the_same_place() -> None:
    runs = [Shown(f"{kind}{n}", axes={"/kind": kind, "/n": n}) for kind in "abc" for n in (1, 2)]
    pairs = m.paired(runs, "/kind", "b")
    assert [(run.id, [o.id for o in others]) for run, others in pairs] == [
        ("b1", ["a1", "c1"]),
        ("b2", ["a2", "c2"]),
    ]
    with pytest.raises(Unmeasurable):
        m.paired(runs, "/kind", "d")


def test_a_rise_is_over_the_least_before() -> None:
    assert m.largest_rise(track(5, 3, 4, 2, 2.5).values) == 1
    assert m.least_rise([1, 2, 3]) == 1.5


def _selected(*times: int | None) -> list[Shown]:
    return [Shown(t2=t2, axes={SHARE: share}) for share, t2 in zip((0.0, 0.1, 0.2, 0.3), times, strict=True)]


def _measured(claims: Any, text: str) -> Callable[[list[Shown]], Any]:
    (claim,) = (claim for claim in claims if text in claim.sentence)
    found: Callable[[list[Shown]], Any] = claim.measure
    return found


def test_growing_medians() -> None:
    growth = _measured(selection.FIGURES[0].smoke.claims, "over that at the tau before")
    assert growth(_selected(100, 150, 300, None)) == 1.5
    assert growth(_selected(100, 90, 300, None)) == 0.9
    assert growth(_selected(100, None, 300, None)) == 0
    with pytest.raises(Unmeasurable):
        growth(_selected(None, None, None, None))
    with pytest.raises(Unmeasurable):
        growth(_selected(100, None, None, None))


def test_norms_count_where_the_test_is_understood() -> None:
    grown = _measured(modular.FIGURES[0].smoke.claims, "||theta||_2")
    tracks = {"test_accuracy": track(0, 0.5, 1, 1, 1), "l2_norm": track(1, 9, 4, 2, 3)}
    assert grown([Shown(tracks=tracks)]) == [1.5]
    with pytest.raises(Unmeasurable):
        grown([Shown(tracks={**tracks, "test_accuracy": track(0, 0, 0, 0, 0.9)})])


def test_coherence_is_looked_at_with_and_without_selected_rows() -> None:
    runs = [
        Shown(axes={SHARE: share, "/problem/measurements": n}, theory={"mutual_coherence": c})
        for share, n, c in ((0.0, 10, 0.4), (0.01, 10, 0.5), (0.5, 10, 1.0))
    ]
    claims = coherence.FIGURES[0].smoke.claims
    assert _measured(claims, "with a selected row")(runs) == [1.0]
    assert _measured(claims, "without")(runs) == [0.4, 0.5]
    assert not math.isnan(m.middle([1, 2]))
