"""Who may do what: the gate before every route (api.access.gate), and the tokens that it knows."""

from api.access.caller import CallerDep
from api.access.known import KnownTokens
from api.access.rules import needed_scope, require_own

__all__ = ["CallerDep", "KnownTokens", "needed_scope", "require_own"]
