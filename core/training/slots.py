"""Who has a slot in the tensors of a batch: all planned members at first, those still open later on."""

from collections.abc import Collection, Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from core.spec import ExperimentSpec, engine_of
from core.training.state import MemberState

FIRST_LEAVING = 64
"""Before this step a batch is not built anew: its set-up takes as long as some hundred steps."""
LEAVINGS_PER_OCTAVE = 4
SHARE = 0.75
"""A batch is built anew when it needs at most this share of its slots; its set-ups add up to 4 at most."""
_SLOTS = "slots"


def leaving_steps(spec: ExperimentSpec, last: int, schedule: NDArray[np.int64]) -> list[int]:
    """Steps below `last` at which members that are done leave: round(2^(k/4)) from 64 on.

    They are known beforehand because the shape of a product decides its rounding: a batch that was
    interrupted must shrink where it would have shrunk undisturbed, whatever the clock says. A run that is
    done takes at most a fifth more steps before it may leave. Networks leave at the first step of their
    `schedule` from there on, for elsewhere it is not known what was crossed. There are none for the closed
    form, which has done most of its work when it is set up.
    """
    if engine_of(spec) == "closed_form":
        return []
    octaves = np.arange(LEAVINGS_PER_OCTAVE * last.bit_length() + 1) / LEAVINGS_PER_OCTAVE
    steps = np.rint(FIRST_LEAVING * 2.0**octaves)
    steps = steps[steps < last].astype(np.int64)
    if spec.is_network:
        steps = schedule[np.searchsorted(schedule, steps)]
    return [int(step) for step in np.unique(steps) if step < last]


def slot_arrays(members: Sequence[int], planned: int) -> dict[str, NDArray[np.bool_]]:
    """Who of the `planned` members has a slot, for a checkpoint; nothing where all have. Shape (B,)."""
    if len(members) == planned:
        return {}
    mask = np.zeros(planned, dtype=np.bool_)
    mask[list(members)] = True
    return {_SLOTS: mask}


def kept_slots(states: Iterable[MemberState], planned: int, active: Collection[int]) -> tuple[int, ...]:
    """The members with a slot when the states were kept; all `planned` ones where they do not tell.

    States that do not belong together, as after a reuse of runs from elsewhere, tell nothing.
    """
    everyone = tuple(range(planned))
    masks = {tuple(_mask(state.extra, planned)) for state in states}
    if len(masks) != 1:
        return everyone
    mask = masks.pop()
    fits = len(mask) == planned and all(mask[member] for member in active)
    return tuple(member for member in everyone if mask[member]) if fits else everyone


def _mask(extra: Mapping[str, NDArray[np.bool_]], planned: int) -> list[bool]:
    return [bool(slot) for slot in extra[_SLOTS]] if _SLOTS in extra else [True] * planned
