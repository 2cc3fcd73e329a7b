"""Quotas, as answers tell of them."""

import math

from sqlalchemy import Connection

from api.errors import GroklabError, QuotaExceeded, QuotaTooSmall
from api.submission import Checked
from core.store import Excess, OverQuota, Token, charge, excess


def charge_quotas(conn: Connection, caller: Token | None, *, runs: int, steps: int) -> None:
    """Charges the caller's quotas with runs that are to be trained, and the steps of all of them.

    Raises QuotaExceeded, QuotaTooSmall.
    """
    try:
        charge(conn, caller, runs=runs, steps=steps)
    except OverQuota as over:
        raise _refusal(over.excess) from None


def foresee_quotas(conn: Connection, caller: Token | None, checked: Checked) -> list[str]:
    """Why the experiment would be refused now, if it would be."""
    found = excess(conn, caller, runs=len(checked.fresh), steps=checked.steps)
    return [] if found is None else [f"would be refused: {_told(found)}"]


def _told(found: Excess) -> str:
    asked = "" if found.asked is None else f", and this asks for {found.asked}"
    return f"the quota {found.quota} of this token is {found.limit}: {found.in_use} in use{asked}"


def _refusal(found: Excess) -> GroklabError:
    numbers = {"limit": found.limit, "in_use": found.in_use, "asked": found.asked}
    more = {"quota": {"name": found.quota, **numbers}}
    if found.wait_seconds is None:
        return QuotaTooSmall(_told(found), more=more)
    wait = {"Retry-After": str(math.ceil(found.wait_seconds))}
    return QuotaExceeded(_told(found), headers=wait, more=more)
