"""Questions to servers that hang."""

import threading

import pytest

from worker.probe import Probe


def test_one_thread_waits_however_often_it_is_asked() -> None:
    answered, asked = threading.Event(), []

    def ask() -> int:
        asked.append(1)
        answered.wait(30)
        return len(asked)

    probe = Probe("test", ask)
    looks = [probe.begin() for _ in range(20)]
    with pytest.raises(TimeoutError):
        looks[-1].result(0.05)
    answered.set()
    assert [look.result(10) for look in looks] == [1] * 20
    assert probe.begin().result(10) == 2


def test_what_the_question_raises_is_raised_to_who_reads_the_answer() -> None:
    def ask() -> int:
        raise ConnectionError("away")

    probe = Probe("test", ask)
    for _ in range(2):
        with pytest.raises(ConnectionError):
            probe.begin().result(10)
