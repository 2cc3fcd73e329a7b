"""Which batches a long one lets pass."""

from typing import Any

import pytest

from core.spec import ExperimentSpec, batch_seconds, expand, is_short, parse_spec
from core.spec.short import SHORT_BYTES, SHORT_SECONDS
from tests.core.networks import MODULAR

LINEAR: dict[str, Any] = {
    "problem": {"kind": "sparse_recovery"},
    "model": {"kind": "linear"},
    "optimizer": {"kind": "subgradient", "learning_rate": 0.1},
    "regularization": {"l1": 1e-5},
    "steps": 1000,
}


def specs(spec: dict[str, Any], seeds: int = 1) -> list[ExperimentSpec]:
    return [cell.spec for cell in expand(parse_spec({**spec, "sweep": {"seeds": {"count": seeds}}}))]


@pytest.mark.parametrize("spec", [LINEAR, MODULAR])
def test_a_batch_is_short_by_what_it_is_estimated_to_take(spec: dict[str, Any]) -> None:
    most = int(SHORT_SECONDS / batch_seconds(specs({**spec, "steps": 10**6})) * 10**6)
    assert is_short(specs({**spec, "steps": most // 2}), 0)
    assert not is_short(specs({**spec, "steps": 2 * most}), 0)
    assert not is_short(specs({**spec, "steps": most // 2}, seeds=64), 0), "they are trained together"


def test_a_batch_that_takes_much_memory_is_not_short() -> None:
    assert is_short(specs(LINEAR), SHORT_BYTES)
    assert not is_short(specs(LINEAR), SHORT_BYTES + 1)


def test_an_empty_batch_is_refused() -> None:
    with pytest.raises(ValueError, match=r"at least one run\. Got 0"):
        is_short([], 0)
