"""Claims C24 to C27, C30, C31: matrix completion, its time scale, its methods and data selection."""

from typing import Any

import numpy as np
import pytest

from core.problems import draw
from tests.claims.runs import COMPLETION, SPARSE_RECORD, TICK, axis, delays, trained
from tests.claims.table import Table
from tests.core.training.memory import cells_of

MATRIX: dict[str, Any] = {"problem": COMPLETION, "rng": "default", "seed": 0}


def test_c24_the_size_of_the_truth(table: Table) -> None:
    cells = cells_of(**MATRIX, sweep={"seeds": {"count": 5}})
    measured = [float(np.linalg.norm(draw(cell.spec).truth)) for cell in cells]
    table.row("C24", "||A*||_F, 5 seeds", 10.0, measured, "1e-12")
    assert measured == pytest.approx([10.0] * 5, rel=1e-12)


@pytest.mark.parametrize("alpha", [0.1, 0.5])
def test_c25_memorisation_is_exponential(table: Table, alpha: float) -> None:
    beta = 1e-4
    memory = trained(
        **MATRIX,
        steps=500,
        regularization={"nuclear": beta},
        optimizer={"learning_rate": alpha},
        record={"first": 500},
    )
    steps, error = memory.steps(), memory.series("train_error")
    off = np.abs(error / (1 - alpha) ** steps - 1)
    table.row(
        "C25",
        f"alpha {alpha:g}, beta 1e-4: train error = (1 - alpha)^t, floor / beta",
        "about 0.3",
        float(error[-1]) / beta,
        "order",
    )
    # The nearer to its floor, the more the penalty shows in it.
    assert off[error > 100 * beta].max() < 0.01
    assert off[error > 3 * beta].max() < 0.35
    assert 0.1 < error[-1] / beta < 0.6


def _same_clock(seeds: int, pairs: list[tuple[float, float]], steps: int) -> list[list[int | None]]:
    return [
        delays(
            steps,
            optimizer={"learning_rate": alpha},
            regularization={"nuclear": beta},
            sweep={"seeds": {"count": seeds}},
        )
        for alpha, beta in pairs
    ]


def _check_clock(table: Table, setting: str, found: list[list[int | None]], tolerance: int) -> None:
    for name, t2 in zip(("(alpha, beta)", "(alpha / 10, 10 beta)"), found, strict=True):
        table.row("C26", f"{setting}, {name}: t2", "the same", t2, f"{tolerance:,} steps")
    pairs = [(a, b) for a, b in zip(*found, strict=True) if a is not None and b is not None]
    assert len(pairs) >= 2
    assert [a is None for a in found[0]] == [b is None for b in found[1]]
    assert all(abs(a - b) <= tolerance for a, b in pairs)


def test_c26_only_alpha_beta_t_counts(table: Table) -> None:
    found = _same_clock(6, [(1.0, 1e-3), (0.1, 1e-2)], 15_000)
    _check_clock(table, "N=80, alpha beta = 1e-3, 6 seeds", found, TICK // 10)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_c26_at_the_claimed_strengths(table: Table) -> None:
    found = _same_clock(8, [(1.0, 1e-4), (0.1, 1e-3)], 200_000)
    _check_clock(table, "N=80, alpha beta = 1e-4, 8 seeds", found, TICK)


def test_c27_three_methods_and_the_exact_rank(table: Table) -> None:
    t2, ranks = {}, []
    for kind in ("subgradient", "projected_subgradient", "proximal"):
        memory = trained(
            **{**MATRIX, "problem": {**COMPLETION, "measurements": 90}},
            steps=10_000,
            regularization={"nuclear": 1e-3},
            optimizer={"kind": kind, "learning_rate": 1.0},
            detect={"train_threshold": 1e-2, "test_threshold": 1e-2},
            record=SPARSE_RECORD,
            sweep={"seeds": {"count": 6}},
        )
        t2[kind] = [memory.results[member].t2 for member in range(6)]
        if kind == "proximal":
            ranks = [r.final["rank"] for r in memory.results.values() if r.t2 is not None]
    for kind, found in t2.items():
        table.row("C27", f"N=90, 6 seeds, {kind}: t2", "the same", found, "1 tick (10)")
    table.row("C27", "proximal: singular values > 1e-9 of recovered matrices", 2, ranks, "exact")
    together = [steps for steps in zip(*t2.values(), strict=True) if None not in steps]
    assert len(together) >= 4
    assert all(
        max(map(int, filter(None, steps))) - min(map(int, filter(None, steps))) <= 10 for steps in together
    )
    assert ranks == [2.0] * len(together)


def test_c30_small_singular_values_vanish_in_increasing_order(table: Table) -> None:
    memory = trained(
        **MATRIX,
        steps=200_000,
        regularization={"nuclear": 1e-3},
        optimizer={"kind": "proximal", "learning_rate": 1.0},
        record={"first": 0, "per_decade": 200, "metrics": ["nuclear_norm", "singular_values", "train_error"]},
    )
    steps, values = memory.vectors("singular_values")
    small = values[:, 2:]
    gone = [int(steps[np.flatnonzero(column > 1e-9)[-1] + 1]) for column in small.T if column[-1] < 1e-9]
    after = memory.steps() > 100
    norms, truth = memory.series("nuclear_norm")[after], draw(cells_of(**MATRIX)[0].spec).truth
    excess = float(norms[-1] / np.linalg.norm(truth, "nuc") - 1)
    table.row(
        "C30",
        "proximal, N=80: steps at which sigma_10 .. sigma_3 vanish",
        "in increasing order",
        gone[::-1],
        "order",
    )
    table.row("C30", "||A||_* / ||A*||_* - 1 at the end", 0.0, excess, "1e-3")
    assert len(gone) == 8
    assert gone[::-1] == sorted(gone)
    # Down to where the penalty's own effect, of relative size beta, is left.
    assert np.diff(norms).max() < 1e-5 * norms[-1]
    assert excess == pytest.approx(0.0, abs=1e-3)


def _selected(shares: list[float], seeds: int, steps: int) -> list[list[int | None]]:
    """t2 of each seed for each share, at alpha beta = 1e-3 (only their product counts, C26)."""
    found = delays(
        steps,
        problem={**COMPLETION, "measurements": 70},
        regularization={"nuclear": 1e-3},
        optimizer={"learning_rate": 1.0},
        sweep={"axes": [axis("/problem/coherence", *shares)], "seeds": {"count": seeds}},
    )
    return [found[k * seeds : (k + 1) * seeds] for k in range(len(shares))]


def _check_selection(table: Table, setting: str, shares: list[float], found: list[list[int | None]]) -> None:
    seeds = len(found[0])
    recovered = [seeds - t2.count(None) for t2 in found]
    table.row(
        "C31",
        f"{setting}, tau {', '.join(f'{tau:g}' for tau in shares)}: recovered of {seeds}",
        "most from .8, few at 0",
        recovered,
        "majority",
    )
    assert all(count > seeds / 2 for tau, count in zip(shares, recovered, strict=True) if tau >= 0.8)
    assert recovered[0] <= seeds / 2
    both = [a / b for a, b in zip(found[0], found[-1], strict=True) if a is not None and b is not None]
    table.row(
        "C31",
        f"{setting}: median speed-up of tau {shares[-1]:g} where both recover",
        ">= 3",
        float(np.median(both)),
        ">= 3",
    )
    assert np.median(both) >= 3


def test_c31_data_selection_helps_completion(table: Table) -> None:
    shares = [0.0, 0.8, 0.9]
    found = _selected(shares, 6, 35_000)
    _check_selection(table, "N=70, alpha 1, beta 1e-3", shares, found)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_c31_over_all_shares(table: Table) -> None:
    shares = [0.0, 0.2, 0.4, 0.6, 0.8, 0.9, 1.0]
    found = _selected(shares, 10, 60_000)
    _check_selection(table, "N=70, alpha 1, beta 1e-3, all shares", shares, found)
