"""The two ways a batch of linear models takes its steps: compiled, and as tensor operations."""

from collections.abc import Iterator

import pytest

from core.training.linear.compiled import disabled


@pytest.fixture(autouse=True, params=["compiled", "tensors"])
def way(request: pytest.FixtureRequest) -> Iterator[str]:
    """Imported by a module, runs each of its tests in both ways."""
    if request.param == "compiled":
        yield request.param
        return
    with disabled():
        yield request.param
