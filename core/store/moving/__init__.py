"""Moving house: a database copied into another one, of either dialect; a file backed up and restored."""

from core.store.moving.backup import Saved, backup
from core.store.moving.copying import Comparison, copy
from core.store.moving.mark import unfinished_source
from core.store.moving.refusal import Refused
from core.store.moving.restore import Restored, restore

__all__ = ["Comparison", "Refused", "Restored", "Saved", "backup", "copy", "restore", "unfinished_source"]
