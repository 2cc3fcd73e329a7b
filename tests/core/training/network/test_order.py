"""Minibatches: every epoch takes each row once, in an order that depends on seed and epoch alone."""

import pytest
import torch

from core.training.network.order import Order

CPU = torch.device("cpu")


@pytest.mark.parametrize(("rows", "size"), [(12, 5), (12, 4), (12, 11), (12, 1), (7, 6)])
def test_an_epoch_takes_every_row_once_and_its_last_step_the_rest(rows: int, size: int) -> None:
    order, steps = Order([3, 4], rows, size, CPU), -(-rows // size)
    for epoch in range(4):
        parts = [order.places(epoch * steps + place) for place in range(1, steps + 1)]
        assert [part.shape for part in parts[:-1]] == [(2, size)] * (steps - 1)
        assert parts[-1].shape == (2, rows - size * (steps - 1))
        taken = torch.cat(parts, dim=1)
        assert torch.equal(taken.sort(dim=1).values, torch.arange(rows).expand(2, -1))


def test_epochs_and_seeds_have_orders_of_their_own() -> None:
    order = Order([0, 1], 40, 40, CPU)
    drawn = {tuple(row.tolist()) for step in range(1, 6) for row in order.places(step)}
    assert len(drawn) == 10
    assert tuple(range(40)) not in drawn


def test_a_run_takes_the_same_rows_alone_and_in_a_batch() -> None:
    together = Order([5, 0, 9], 30, 7, CPU)
    for place, seed in enumerate([5, 0, 9]):
        alone = Order([seed], 30, 7, CPU)
        for step in range(1, 20):
            assert torch.equal(together.places(step)[place], alone.places(step)[0])


def test_the_rows_of_a_step_do_not_depend_on_what_was_asked_before() -> None:
    calm = Order([2], 30, 7, CPU)
    rows = [calm.places(step) for step in range(1, 31)]
    for step in (17, 3, 4, 30, 5, 1, 29):
        assert torch.equal(calm.places(step), rows[step - 1])
        assert torch.equal(Order([2], 30, 7, CPU).places(step), rows[step - 1])
