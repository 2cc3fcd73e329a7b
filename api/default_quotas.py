"""The quotas that the settings give to tokens which have none of their own."""

from core.store import Quotas
from worker.settings import Settings


def default_quotas(settings: Settings, **own: int | None) -> Quotas:
    """The quotas of the settings but for those given; 0 is no limit, None the settings' one."""
    found = {
        "running_runs": settings.quota_running_runs,
        "queued_runs": settings.quota_queued_runs,
        "steps_a_day": settings.quota_steps_a_day,
        "bytes_stored": settings.quota_bytes,
    }
    found |= {name: limit for name, limit in own.items() if limit is not None}
    return Quotas(**{name: limit or None for name, limit in found.items()})
