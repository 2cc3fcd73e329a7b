"""Quotas of tokens: what is in use, what more may be asked for, and how much of a batch may be claimed."""

import math
from typing import Literal, NamedTuple

from sqlalchemy import Connection, case, func, literal, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from core.store.clock import now
from core.store.idempotency import SECONDS_A_DAY
from core.store.model import Quotas, Token
from core.store.tables import LEASED, QUEUED, datasets, experiments, runs, tokens

QuotaName = Literal["running_runs", "queued_runs", "steps_a_day", "bytes_stored"]
_QUEUE_SECONDS = 30.0
"""When to ask again while runs wait: nobody knows how long they do."""


class Excess(NamedTuple):
    """More was asked for than a quota leaves.

    `asked` is None where it cannot be known beforehand; `wait_seconds` is None where waiting does not help.
    """

    quota: QuotaName
    limit: int
    in_use: int
    asked: int | None
    wait_seconds: float | None


class OverQuota(Exception):
    """Nothing was charged."""

    def __init__(self, excess: Excess) -> None:
        self.excess = excess
        asked = "" if excess.asked is None else f", {excess.asked} asked for"
        super().__init__(f"quota {excess.quota} is {excess.limit}: {excess.in_use} in use{asked}")


def charge(conn: Connection, token: Token | None, *, runs: int, steps: int) -> None:
    """Take `runs` that are about to wait, and their `steps` in all, out of what the token may use.

    To be called in the transaction that stores them, before anything else that it locks: until it commits
    nobody else is charged to the token. Without a token, or without runs, nothing is charged. Steps once
    charged stay charged until midnight UTC. Raises OverQuota.
    """
    if token is None or runs == 0 or not (token.quotas.any or token.of_environment):
        return
    _hold(conn, token)
    if (found := excess(conn, token, runs=runs, steps=steps)) is not None:
        raise OverQuota(found)
    if token.quotas.steps_a_day is not None:
        charged = case((tokens.c.day == _today(conn), tokens.c.steps_of_day), else_=0) + steps
        mine = update(tokens).where(tokens.c.id == token.id)
        conn.execute(mine.values(day=_today(conn), steps_of_day=charged))


def charge_bytes(conn: Connection, token: Token | None, count: int) -> None:
    """Refuse `count` bytes of a dataset that the token is about to keep where its quota leaves less.

    To be called in the transaction that stores them: until it commits nobody else is charged to the token.
    Raises OverQuota.
    """
    if token is None or count == 0 or (limit := token.quotas.bytes_stored) is None:
        return
    _hold(conn, token)
    stored = _bytes(conn, token.id)
    if stored + count > limit:
        raise OverQuota(Excess("bytes_stored", limit, stored, count, None))


def excess(conn: Connection, token: Token | None, *, runs: int, steps: int) -> Excess | None:
    """The first quota that so many runs more would exceed now, None where they fit."""
    if token is None or runs == 0:
        return None
    quotas = token.quotas
    if quotas.queued_runs is not None:
        found = _beyond("queued_runs", quotas.queued_runs, _queued(conn, token.id), runs, _QUEUE_SECONDS)
        if found is not None:
            return found
    if quotas.steps_a_day is not None:
        used, left = _steps_today(conn, token.id)
        if (found := _beyond("steps_a_day", quotas.steps_a_day, used, steps, left)) is not None:
            return found
    if quotas.bytes_stored is not None:
        stored = _bytes(conn, token.id)
        if stored >= quotas.bytes_stored:
            return Excess("bytes_stored", quotas.bytes_stored, stored, None, None)
    return None


def running(conn: Connection, owner: str) -> int:
    """How many runs of a token's experiments are in training."""
    return _count(conn, owner, LEASED)


def hold_owner(conn: Connection, owner: str) -> None:
    """Lock a token until the transaction ends, so that nobody else claims or is charged for it meanwhile."""
    conn.execute(select(tokens.c.id).where(tokens.c.id == owner).with_for_update())


def free_bytes(conn: Connection, owner: str, count: int) -> None:
    """Take deleted bytes off what a token's runs store, until they are counted anew; its row must be held."""
    left = case((tokens.c.bytes_stored > count, tokens.c.bytes_stored - count), else_=0)
    conn.execute(update(tokens).where(tokens.c.id == owner).values(bytes_stored=left))


def _hold(conn: Connection, token: Token) -> None:
    if token.of_environment:
        _store(conn, token)
    hold_owner(conn, token.id)


def _store(conn: Connection, token: Token) -> None:
    """The row of a token of the environment, with the quotas that it has now."""
    dialect = sqlite if conn.dialect.name == "sqlite" else postgresql
    row = {"scope": token.scope, **columns_of(token.quotas)}
    new = dialect.insert(tokens).values(id=token.id, name=token.name, created_at=now(), **row)
    conn.execute(new.on_conflict_do_update(index_elements=[tokens.c.id], set_=row))


def columns_of(quotas: Quotas) -> dict[str, int | None]:
    """The quotas as the columns of a token's row."""
    return {
        "max_running_runs": quotas.running_runs,
        "max_queued_runs": quotas.queued_runs,
        "max_steps_a_day": quotas.steps_a_day,
        "max_bytes": quotas.bytes_stored,
    }


def _beyond(name: QuotaName, limit: int, in_use: int, asked: int, wait: float) -> Excess | None:
    if in_use + asked <= limit:
        return None
    return Excess(name, limit, in_use, asked, wait if asked <= limit else None)


def _queued(conn: Connection, owner: str) -> int:
    return _count(conn, owner, QUEUED)


def _count(conn: Connection, owner: str, condition: str) -> int:
    mine = select(experiments.c.id).where(experiments.c.owner == owner)
    query = select(func.count()).select_from(runs).where(text(condition), runs.c.experiment_id.in_(mine))
    count: int = conn.execute(query).scalar_one()
    return count


def _bytes(conn: Connection, token_id: str) -> int:
    """What a token stores: its runs as they were counted last, its datasets as they are."""
    of_runs = conn.scalar(select(tokens.c.bytes_stored).where(tokens.c.id == token_id)) or 0
    sizes = select(func.coalesce(func.sum(datasets.c.bytes), 0)).where(datasets.c.owner == token_id)
    return of_runs + int(conn.execute(sizes).scalar_one())


def _today(conn: Connection) -> int:
    return math.floor(conn.execute(select(now())).scalar_one() / SECONDS_A_DAY)


def _steps_today(conn: Connection, token_id: str) -> tuple[int, float]:
    """Steps charged since midnight, and the seconds to the next one."""
    at: float = conn.execute(select(now())).scalar_one()
    today = math.floor(at / SECONDS_A_DAY)
    used = select(tokens.c.steps_of_day).where(tokens.c.id == token_id, tokens.c.day == literal(today))
    return conn.scalar(used) or 0, (today + 1) * SECONDS_A_DAY - at
