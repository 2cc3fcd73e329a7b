"""C32 to C37: modular addition, p = 97, as published."""

import math
from typing import Any

import pytest

from core.spec import layers_of
from tests.claims.networks import modular, peak
from tests.claims.table import Claims
from tests.claims.trained import Run

GOLDEN = "p = 97, full batch, betas .9, .99, alpha 1e-3, l2 1e-6"
TIMES = {
    ("l1", 1e-5): 1270,
    ("l1", 1e-6): 1900,
    ("l1", 1e-7): 2670,
    ("l2", 5e-5): 1590,
    ("l2", 1e-6): 2950,
    ("nuclear", 1e-4): 990,
    ("nuclear", 1e-6): 2410,
}
"""t2 at alpha 1e-2 by penalty and strength."""


def test_c32_parameters_and_their_norms_at_the_start(claims: Claims) -> None:
    norms = {"metrics": ["l1_norm", "l2_norm", "nuclear_norm"]}
    run = modular(problem={"split": "published"}, record=norms, steps=1)[0]
    problem = run.spec.network_problem
    claims.number("C32", "parameters", sum(layer.size for layer in layers_of(run.spec)), 22_720)
    claims.number("C32", "pairs that are trained on", problem.train_rows, 3763)
    claims.number("C32", "pairs that are tested on", problem.test_rows, 5646)
    claims.number("C32", "‖theta‖_2 at step 0", run.at("l2_norm", 0), 13.1, off=0.15)
    claims.number("C32", "‖theta‖_1 at step 0", run.at("l1_norm", 0), 1545, off=15)
    claims.number("C32", "sum of nuclear norms at step 0", run.at("nuclear_norm", 0), 174, off=2)
