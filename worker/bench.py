"""What every batch of a worker process is trained with."""

from dataclasses import dataclass, field

from core.store import Database, DatasetCache, Queue
from worker.refusals import Refusals
from worker.settings import Settings
from worker.shutdown import Shutdown


@dataclass(frozen=True, slots=True)
class Bench:
    """What a worker process trains with."""

    settings: Settings
    database: Database
    queue: Queue
    shutdown: Shutdown
    refusals: Refusals = field(default_factory=Refusals)
    datasets: DatasetCache = field(default_factory=DatasetCache)
