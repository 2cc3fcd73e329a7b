"""A state that was kept as the last one of a run, taken up by a run of more steps."""

from dataclasses import replace

import numpy as np

from core.spec import ExperimentSpec, is_unseen, recorded_steps
from core.training.found import NOT_YET
from core.training.network.keeper import unlooked
from core.training.state import MemberState


def as_if_longer(kept: MemberState, spec: ExperimentSpec) -> MemberState:
    """The state that a network of the one-cell spec has at the same step.

    The last step of a run is evaluated for being the last one. Where the longer run does not evaluate it,
    what was seen there is forgotten: it is seen at the next evaluation, as by a run that was never stopped.
    """
    if not is_unseen(spec, kept.step):
        return kept
    schedule = recorded_steps(spec.record, spec.steps)
    before = int(schedule[np.searchsorted(schedule, kept.step) - 1])
    first = np.where(kept.first == kept.step, NOT_YET, kept.first)
    return replace(kept, first=first, extra=unlooked(kept.extra, kept.step, before))
