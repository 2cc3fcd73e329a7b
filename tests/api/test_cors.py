"""Pages of other origins: none by default, those that the settings name."""

import pytest
from pydantic import ValidationError

from tests.api.played import submit
from tests.api.served import served
from worker.settings import Settings

ORIGIN = "https://lab.example"
ASKED = {
    "Origin": ORIGIN,
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "content-type, idempotency-key",
}


def test_no_page_may_ask_by_default(sqlite_settings: Settings) -> None:
    with served(sqlite_settings) as client:
        answer = client.get("/v1/experiments", headers={"Origin": ORIGIN})
        assert not [name for name in answer.headers if name.startswith("access-control")]
        assert client.options("/v1/experiments", headers=ASKED).status_code == 405


def test_a_named_origin_may(sqlite_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GROKLAB_CORS_ORIGINS", f"http://localhost:3000, {ORIGIN}")
    named = Settings().cors_origins
    assert named == ("http://localhost:3000", ORIGIN)
    with served(sqlite_settings.model_copy(update={"cors_origins": named})) as client:
        before = client.options("/v1/experiments", headers=ASKED)
        assert (before.status_code, before.headers["Access-Control-Allow-Origin"]) == (200, ORIGIN)
        assert "X-Request-Id" in before.headers
        path = submit(client)["links"]["self"]
        answer = client.get(path, headers={"Origin": ORIGIN})
        assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
        assert "ETag" in answer.headers["Access-Control-Expose-Headers"]
        assert "Origin" in answer.headers["Vary"]
        other = client.get(path, headers={"Origin": "https://other.example"})
        assert "Access-Control-Allow-Origin" not in other.headers
        assert client.options("/v1/experiments", headers={**ASKED, "Origin": "null"}).status_code == 400


@pytest.mark.parametrize("origin", ["lab.example", "https://lab.example/", "https://a b", "ftp://x", "**"])
def test_what_is_no_origin_is_refused(origin: str) -> None:
    with pytest.raises(ValidationError, match=r"scheme://host"):
        Settings(cors_origins=(origin,))


def test_all_origins_are_a_star() -> None:
    assert Settings(cors_origins=("*",)).cors_origins == ("*",)
