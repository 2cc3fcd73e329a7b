"""Claims C9 to C13, C21, C22: methods, measurements, the l2 norm alone, and data selection."""

from typing import Any

import numpy as np
import pytest

from core.problems import theory
from core.spec import engine_of
from tests.claims.runs import SPARSE_RECORD, TICK, axis, median, ticked, trained
from tests.claims.table import Table
from tests.core.training.memory import Memory, cells_of

METHODS = ("subgradient", "proximal", "projected_subgradient")
SIZES = range(10, 101, 10)
T2 = [None, None, 101_000, 51_000, 39_000, 29_000, 20_000, 14_000, 6_000, 4_000]
T1 = [60, 101, 163, 556, 926, 3000, 5000, 4000]


def _by_method(**over: Any) -> list[Memory]:
    """One batch a method."""
    return [trained(record="paper", optimizer={"kind": kind}, **over) for kind in METHODS]


def _check_methods(memories: list[Memory], members: range) -> int:
    """Methods reach the threshold within a tick of each other; how many cells recovered.

    A cell recovers where the floor that the penalty leaves lies well below the threshold: projected steps,
    whose floor is lower, may get there where the others cannot.
    """
    recovered = 0
    for member in members:
        floor = memories[0].results[member].theory["test_floor"]
        ticks = [ticked(memory, "test_error", member) for memory in memories]
        if floor is None or floor > 0.5e-3:
            continue
        reached = [step for step in ticks if step is not None]
        assert len(reached) in (0, 3), (member, ticks)
        if reached:
            recovered += 1
            assert max(reached) - min(reached) <= TICK
    return recovered


def test_c9_three_methods_recover_at_the_same_step(table: Table) -> None:
    sweep = {"axes": [axis("/problem/measurements", 40, 60, 80)]}
    memories = _by_method(steps=52_000, sweep=sweep)
    assert _check_methods(memories, range(3)) == 3
    measured = [ticked(memory, "test_error", 0) for memory in memories]
    table.row("C9", "s=5, N=40: t2 of subgradient, proximal, projected", [51_000] * 3, measured, "1 tick")
    zeros = [100 - int(memories[1].results[member].final["l0_norm"]) for member in range(3)]
    table.row("C9", "proximal, N=40, 60, 80: zeros of 100 entries", [95] * 3, zeros, "exact")
    assert zeros == [95] * 3


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_c9_over_sparsity_and_measurements(table: Table) -> None:
    sweep = {"axes": [axis("/problem/sparsity", 1, 5, 10, 15), axis("/problem/measurements", *SIZES)]}
    memories = _by_method(steps=1_000_000, sweep=sweep)
    recovered = _check_methods(memories, range(40))
    table.row(
        "C9",
        "s 1 to 15, N 10 to 100, 1e6 steps: recovering cells, ticks apart",
        "at most 1",
        recovered,
        "1 tick",
    )
    assert recovered >= 20


def test_c10_c11_recovery_from_enough_measurements(table: Table) -> None:
    memory = trained(steps=110_000, record="paper", sweep={"axes": [axis("/problem/measurements", *SIZES)]})
    t1 = [ticked(memory, "train_error", member) for member in range(10)]
    t2 = [ticked(memory, "test_error", member) for member in range(10)]
    table.row("C10", "s=5, N=10 to 100: t2", T2, t2, "1 tick")
    table.row("C10", "s=5, N=30 to 100: t1", T1, t1[2:], "1 tick")
    assert t2 == T2
    assert t1[2:] == T1
    delays = [b - a for a, b in zip(t1, t2, strict=True) if a is not None and b is not None]
    table.row("C11", "s=5, N=30 to 100: delay, in ticks", "falls to 0", delays, "0 at N = n")
    assert delays == sorted(delays, reverse=True)
    assert delays[-1] == 0


def test_c12_l2_alone_falls_without_recovery(table: Table) -> None:
    cells = {
        "problem": {"snr": 1e8},
        "regularization": {"l2_squared": 1e-5},
        "model": {"init": {"kind": "constant", "scale": 10.0}},
    }
    assert engine_of(cells_of(**cells, steps=10**8)[0].spec) == "closed_form"
    memory = trained(**cells, steps=10**8, record={"per_decade": 100})
    error, steps = memory.series("test_error"), memory.steps()
    table.row("C12", "t1", 118, memory.results[0].t1, "exact")
    table.row("C12", "test error at 1e3", 548.6, memory.at("test_error", 1000), "1e-5")
    table.row("C12", "final test error", 0.84495, float(error[-1]), "1e-5")
    table.row("C12", "final norm", 0.08402, memory.results[0].final["l2_norm"], "1e-5")
    assert memory.results[0].t1 == 118
    assert memory.results[0].outcome == "memorised_only"
    assert memory.at("test_error", 1000) == pytest.approx(548.6, rel=1e-5)
    assert error[-1] == pytest.approx(0.84495, abs=1e-5)
    assert error[-1] == pytest.approx(memory.results[0].theory["projection_bound"], abs=1e-5)
    assert memory.results[0].final["l2_norm"] == pytest.approx(0.08402, abs=1e-5)
    decay = (steps >= 1e4) & (steps <= 3e6)
    folding = -1.0 / float(np.polyfit(steps[decay], np.log(error[decay]), 1)[0])
    table.row("C12", "steps of one e-folding, 1/(alpha beta_2)", 1e6, folding, "1 %")
    assert folding == pytest.approx(1e6, rel=0.01)


@pytest.mark.parametrize("kind", ["constant", "normal", "least_squares", "zeros"])
def test_c13_l2_alone_never_gets_below_the_projection_bound(table: Table, kind: str) -> None:
    init = {"kind": kind, **({"scale": 10.0} if kind in ("constant", "normal") else {})}
    memory = trained(
        rng="default",
        seed=0,
        steps=10**8,
        regularization={"l2_squared": 1e-5},
        model={"init": {"scale": 1.0, **init}},
        record=SPARSE_RECORD,
        sweep={"axes": [axis("/problem/measurements", *range(10, 100, 10))], "seeds": {"count": 3}},
    )
    over = [r.final["test_error"] - r.theory["projection_bound"] for r in memory.results.values()]
    table.row(
        "C13", f"{kind} init, N = 10 to 90, 3 seeds: least excess over the bound", ">= 0", min(over), "1e-6"
    )
    assert min(over) >= -1e-6


def _selection(beta: float, steps: int, shares: list[float], seeds: int) -> list[float]:
    """Median t2 over seeds for each share of selected rows, N=30, threshold 1e-2."""
    memory = trained(
        rng="default",
        steps=steps,
        regularization={"l1": beta},
        detect={"train_threshold": 100 * beta, "test_threshold": 1e-2},
        record=SPARSE_RECORD,
        sweep={"axes": [axis("/problem/coherence", *shares)], "seeds": {"count": seeds}},
    )
    t2 = [memory.results[member].t2 for member in range(len(shares) * seeds)]
    return [median(t2[k * seeds : (k + 1) * seeds]) for k in range(len(shares))]


def _check_selection(table: Table, setting: str, late: list[float]) -> None:
    table.row("C21", setting, "grows, none at .5", late, "order")
    assert late[:-1] == sorted(late[:-1])
    assert late[0] < late[1] < np.inf == late[-1]


def test_c21_data_selection_hurts_sparse_recovery(table: Table) -> None:
    late = _selection(1e-4, 60_000, [0.0, 0.1, 0.3, 0.5], 9)
    _check_selection(table, "beta 1e-4, tau 0, .1, .3, .5, 9 seeds: median t2", late)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_c21_at_the_published_strength(table: Table) -> None:
    late = _selection(1e-5, 600_000, [0.0, 0.1, 0.2, 0.3, 0.4, 0.5], 15)
    _check_selection(table, "beta 1e-5, tau 0 to .5, 15 seeds: median t2", late)


def test_c22_one_selected_row_is_fully_coherent(table: Table) -> None:
    found = []
    for measurements, tau in ((20, 0.0), (20, 0.02), (20, 0.03), (60, 0.0), (60, 0.01), (90, 0.5)):
        problem = {"basis": "orthonormal", "measurements": measurements, "coherence": tau}
        value = theory(cells_of(rng="default", problem=problem)[0].spec)["mutual_coherence"]
        found.append(value)
        assert (value == pytest.approx(1.0, abs=1e-12)) == (round(tau * measurements) >= 1)
    table.row(
        "C22",
        "coherence, (N, tau) = (20, 0), (20, .02), (20, .03), (60, 0), (60, .01), (90, .5)",
        "1 as soon as round(tau N) >= 1",
        found,
        "1e-12",
    )
