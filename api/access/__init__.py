"""Who may do what: the gate before every route (api.access.gate), and the tokens that it knows."""

from api.access.caller import CallerDep, owner_of
from api.access.charging import charge_quotas, charge_upload, foresee_quotas
from api.access.known import KnownTokens
from api.access.rules import needed_scope, require_own

__all__ = [
    "CallerDep",
    "KnownTokens",
    "charge_quotas",
    "charge_upload",
    "foresee_quotas",
    "needed_scope",
    "owner_of",
    "require_own",
]
