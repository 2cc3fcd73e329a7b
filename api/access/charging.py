"""Quotas, as answers tell of them."""

import math
from collections.abc import Sequence

from sqlalchemy import Connection

from api.errors import Fault, GroklabError, QuotaExceeded, QuotaTooSmall
from api.submission import Checked
from core.store import Excess, OverQuota, Token, charge, charge_bytes, excess


def charge_quotas(conn: Connection, caller: Token | None, *, runs: int, steps: int) -> None:
    """Charges the caller's quotas with runs that are to be trained, and the steps of all of them.

    Raises QuotaExceeded, QuotaTooSmall.
    """
    try:
        charge(conn, caller, runs=runs, steps=steps)
    except OverQuota as over:
        raise _refusal(over.excess) from None


def charge_upload(conn: Connection, caller: Token | None, count: int) -> None:
    """Charges the caller's quota of bytes with those of a dataset. Raises QuotaTooSmall, at the file."""
    try:
        charge_bytes(conn, caller, count)
    except OverQuota as over:
        limit, in_use = over.excess.limit, over.excess.in_use
        left = max(0, limit - in_use)
        fault = Fault("/file", f"of at most {left} bytes as it is kept, by the quota bytes_stored", count)
        raise _refusal(over.excess, [fault]) from None


def foresee_quotas(conn: Connection, caller: Token | None, checked: Checked) -> list[str]:
    """Why the experiment would be refused now, if it would be."""
    found = excess(conn, caller, runs=len(checked.fresh), steps=checked.steps)
    return [] if found is None else [f"would be refused: {_told(found)}"]


def _told(found: Excess) -> str:
    asked = "" if found.asked is None else f", and this asks for {found.asked}"
    return f"the quota {found.quota} of this token is {found.limit}: {found.in_use} in use{asked}"


def _refusal(found: Excess, faults: Sequence[Fault] = ()) -> GroklabError:
    numbers = {"limit": found.limit, "in_use": found.in_use, "asked": found.asked}
    more = {"quota": {"name": found.quota, **numbers}}
    if found.wait_seconds is None:
        return QuotaTooSmall(_told(found), faults, more=more)
    wait = {"Retry-After": str(math.ceil(found.wait_seconds))}
    return QuotaExceeded(_told(found), headers=wait, more=more)
