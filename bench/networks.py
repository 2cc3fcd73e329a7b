"""Networks beside the usual trainer: CPU time of a step and of an evaluation."""

import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch

from bench.machine import Machine
from bench.table import Bar, Row
from bench.usual import Work, usual_pairs, usual_teacher
from core.problems import draw_network
from core.spec import ExperimentSpec, expand, parse_spec
from core.training.network.data import load_networks
from core.training.network.evaluation import make_evaluator
from core.training.network.stepper import Stepper

ROUNDS, CALLS = 7, 20
MODULAR: dict[str, Any] = {
    "problem": {"kind": "modular_arithmetic"},
    "model": {"kind": "encoder_decoder"},
    "regularization": {"l2": 1e-6},
    "optimizer": {"kind": "adam", "learning_rate": 1e-3, "betas": [0.9, 0.99], "batch_size": 2048},
    "steps": 10_000,
}
TEACHER: dict[str, Any] = {
    "problem": {"kind": "teacher_student"},
    "model": {"kind": "mlp", "hidden": [500], "init": {"kind": "normal_fan_out"}},
    "regularization": {"l1": 1e-3},
    "optimizer": {"kind": "adam", "learning_rate": 1e-3},
    "steps": 10_000,
}
# Products alone: one forward and two backward, but for what would only lead to the data.
DECODER = 2.0 * (64 * 64 + 64 * 97)
COMBINATION = 2.0 * 8**3
MODULAR_STEP = 2048 * 3 * (COMBINATION + DECODER)
# The products of the embeddings can be shared by all pairs.
MODULAR_EVALUATION = 97**2 * DECODER
TEACHER_STEP = 100 * (2 * 2.0 * 100 * 500 + 3 * 2.0 * 500 * 2)


@dataclass(frozen=True, slots=True)
class Pair:
    """Our work and the usual one, with the operations that it takes."""

    name: str
    ours: Work
    usual: Work
    operations: float
    bar: Bar


def rows(machine: Machine) -> Iterator[Row]:
    """One row a kind of work; float32."""
    modular, teacher = parse_spec(MODULAR), parse_spec(TEACHER)
    (step, look), (usual_step, usual_look) = _ours(modular), usual_pairs(draw_network(modular))
    student, usual_student = _ours(teacher)[0], usual_teacher(draw_network(teacher))
    pairs = [
        Pair("modular addition, step of 2,048", step, usual_step, MODULAR_STEP, Bar(3, 5)),
        Pair("modular addition, evaluation", look, usual_look, MODULAR_EVALUATION, Bar(6, 8)),
        Pair("teacher-student, step", student, usual_student, TEACHER_STEP, Bar(2, 3)),
    ]
    for pair in pairs:
        yield _row(pair, machine)


def _row(pair: Pair, machine: Machine) -> Row:
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        for found, work in zip(times, (pair.ours, pair.usual), strict=True):
            found.append(_seconds(work))
    ours, usual = (statistics.median(found) for found in times)
    return Row(
        pair.name,
        f"{1e6 * ours:.0f} us",
        f"usual trainer {1e6 * usual:.0f} us",
        usual / ours,
        bar=pair.bar,
        cap=usual * machine.peak32 / pair.operations,
    )


def _seconds(work: Work) -> float:
    """CPU time of a call."""
    begin = time.process_time()
    for _ in range(CALLS):
        work()
    return (time.process_time() - begin) / CALLS


def _ours(spec: ExperimentSpec) -> tuple[Work, Work]:
    """A step, and an evaluation."""
    cells = expand(spec)
    data = load_networks(cells, [0], torch.device("cpu"), lambda: None, derivatives=False)
    stepper = Stepper(cells, data)
    classes = spec.network_problem.task == "classification"
    evaluator = make_evaluator(stepper.network, stepper.loss, data, classes)
    taken = 0

    def step() -> None:
        nonlocal taken
        taken += 1
        stepper.step(taken)

    return step, evaluator.scores
