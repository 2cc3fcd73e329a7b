"""One table for all claims of a session, written when it ends."""

from collections.abc import Iterator

import pytest

from tests.claims.table import Table


@pytest.fixture(scope="session")
def table() -> Iterator[Table]:
    found = Table()
    yield found
    found.write()
