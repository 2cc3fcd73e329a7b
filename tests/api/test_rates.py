"""Rates: a bucket for each caller, told with every answer, and never for what supervisors ask."""

from httpx import Client
from hypothesis import given
from hypothesis import strategies as st

import api.access.rates as rates
from api.access.rates import RateLimiter
from tests.api.served import served
from worker.settings import Settings

SECRETS = {scope: f"{scope}-0123456789abcdef01234567" for scope in ("read", "write")}


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_bucket_empties_and_is_filled_again_a_bit_at_a_time() -> None:
    clock = Clock()
    limiter = RateLimiter(6, clock)
    assert [limiter.take("a").left for _ in range(6)] == [5, 4, 3, 2, 1, 0]
    refused = limiter.take("a")
    assert (refused.left, refused.wait_seconds, refused.full_seconds) == (0, 10, 60)
    assert limiter.take("b").wait_seconds == 0
    clock.now = 9.9
    assert limiter.take("a").wait_seconds == 1
    clock.now = 10
    assert limiter.take("a").wait_seconds == 0
    assert limiter.take("a").wait_seconds == 10
    clock.now = 1000
    assert limiter.take("a").left == 5


def test_what_is_told_is_a_list_of_structured_fields() -> None:
    found = dict(RateLimiter(6, Clock()).take("a").headers())
    assert found == {b"ratelimit-policy": b'"default";q=6;w=60', b"ratelimit": b'"default";r=5;t=10'}


@given(st.integers(1, 50), st.lists(st.floats(0, 30), max_size=200))
def test_never_more_than_the_limit_and_what_was_filled_again(limit: int, pauses: list[float]) -> None:
    clock = Clock()
    limiter, let_in = RateLimiter(limit, clock), 0
    for pause in pauses:
        clock.now += pause
        let_in += limiter.take("a").wait_seconds == 0
        assert let_in <= limit + clock.now * limit / rates.WINDOW_SECONDS + 1e-6


@given(st.integers(1, 50))
def test_who_waits_as_told_is_let_in(limit: int) -> None:
    clock = Clock()
    limiter = RateLimiter(limit, clock)
    for _ in range(limit):
        assert limiter.take("a").wait_seconds == 0
    for _ in range(3):
        clock.now += limiter.take("a").wait_seconds
        assert limiter.take("a").wait_seconds == 0


def test_callers_kept_in_mind_are_limited() -> None:
    limiter = RateLimiter(5, Clock())
    for number in range(rates._KEPT + 10):
        limiter.take(str(number))
    assert len(limiter._buckets) == rates._KEPT


def _limited(settings: Settings, **changes: object) -> Settings:
    return settings.model_copy(update={"rate_limit": 5, **changes})


def test_an_open_service_limits_an_address(sqlite_settings: Settings) -> None:
    with served(_limited(sqlite_settings)) as client:
        answers = [client.get("/v1/queue") for _ in range(6)]
        assert [answer.status_code for answer in answers] == [200] * 5 + [429]
        left = [answer.headers["RateLimit"].split(";")[1] for answer in answers]
        assert left == ["r=4", "r=3", "r=2", "r=1", "r=0", "r=0"]
        assert {answer.headers["RateLimit-Policy"] for answer in answers} == {'"default";q=5;w=60'}
        assert answers[-1].headers["Content-Type"] == "application/problem+json"
        assert answers[-1].json()["type"] == "/docs#rate-limited"
        assert 1 <= int(answers[-1].headers["Retry-After"]) <= 12
        assert answers[-1].headers["X-Request-Id"]
        for path in ("/livez", "/readyz", "/version", "/docs"):
            for _ in range(7):
                answer = client.get(path)
                assert answer.status_code == 200
                assert "RateLimit" not in answer.headers


def test_each_token_has_a_bucket_and_guesses_share_that_of_their_address(sqlite_settings: Settings) -> None:
    tokens = Settings(tokens=",".join(f"{scope}:{secret}" for scope, secret in SECRETS.items())).tokens
    with served(_limited(sqlite_settings, tokens=tokens, cors_origins=("*",))) as client:

        def statuses(secret: str, count: int = 6) -> list[int]:
            headers = {"Authorization": f"Bearer {secret}", "Origin": "https://lab.example"}
            answers = [client.get("/v1/queue", headers=headers) for _ in range(count)]
            assert all("RateLimit" in answer.headers for answer in answers)
            assert all(answer.headers["Access-Control-Allow-Origin"] == "*" for answer in answers)
            return [answer.status_code for answer in answers]

        assert statuses(SECRETS["read"]) == [200] * 5 + [429]
        assert statuses("guess", 3) + statuses("another", 3) == [401] * 5 + [429]
        assert statuses(SECRETS["write"]) == [200] * 5 + [429]


def test_without_a_limit_nothing_is_told(sqlite_settings: Settings) -> None:
    with served(sqlite_settings.model_copy(update={"rate_limit": 0})) as client:
        assert "RateLimit" not in client.get("/v1/queue").headers


def test_by_default_nobody_is_near_the_limit(shared_client: Client) -> None:
    answers = [shared_client.get("/v1/problems") for _ in range(20)]
    left = [int(answer.headers["RateLimit"].split("r=")[1].split(";")[0]) for answer in answers]
    assert min(left) > 50_000
