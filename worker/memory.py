"""What running out of memory looks like, and how a batch that does not fit is taken apart."""

from collections.abc import Collection, Sequence

import torch

from core.spec import Cell, design_key
from core.training.heap import give_back

_SIGNS = ("can't allocate memory", "out of memory", "bad_alloc", "alloc_failed", "can't start new thread")
"""In messages of a RuntimeError: of torch's allocators, of C++, of the CUDA libraries, of a new thread."""


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that there was no memory left, on the host or on the card."""
    if isinstance(error, (MemoryError, torch.OutOfMemoryError)):
        return True
    text = str(error).lower()
    return isinstance(error, RuntimeError) and any(sign in text for sign in _SIGNS)


def free_memory() -> None:
    """Gives back what an ended training has left with the allocators."""
    give_back()
    if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
        torch.cuda.empty_cache()


def halves(open_members: Collection[int], cells: Sequence[Cell] | None) -> list[list[int]]:
    """The open members of a batch in two parts, one where there is but one member.

    Runs of one design stay together, so that each half needs fewer designs; `cells` are those of all planned
    members, None where they are not known.
    """
    order = sorted(open_members)
    if cells is not None and not cells[0].spec.is_network:
        first: dict[str, int] = {}
        designs = {member: first.setdefault(design_key(cells[member].spec), member) for member in order}
        order.sort(key=lambda member: (designs[member], member))
    middle = (len(order) + 1) // 2
    return [sorted(part) for part in (order[:middle], order[middle:]) if part]
