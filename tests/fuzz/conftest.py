"""One service a dialect for all that is sent at its edges."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.databases import DIALECTS, postgres_database
from tests.fuzz.world import World, world


@pytest.fixture(scope="session", params=DIALECTS)
def edges(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("edges")
    with ExitStack() as stack:
        sqlite = request.param == "sqlite"
        url = f"sqlite:///{folder}/groklab.db" if sqlite else stack.enter_context(postgres_database())
        yield stack.enter_context(world(folder, url))
