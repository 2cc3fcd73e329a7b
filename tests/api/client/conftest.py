"""The client of a running service whose worker a test plays."""

from collections.abc import Iterator

import pytest

from api.client import Client
from tests.api.served import Service


@pytest.fixture
def url(service: Service) -> str:
    return str(service.client.base_url)


@pytest.fixture
def asking(url: str) -> Iterator[Client]:
    with Client(url) as opened:
        yield opened
