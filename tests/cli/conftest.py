"""The service of straw that the commands of a module talk to."""

from collections.abc import Iterator

import pytest

from tests.cli.straw import straw_service


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with straw_service() as address:
        yield address
