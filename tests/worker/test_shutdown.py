"""How children hear that they are to stop."""

import os
import signal

from worker.shutdown import Shutdown


def forked(shutdown: Shutdown) -> int:
    """A child that exits with 7 once it is asked to stop."""
    pid = os.fork()
    if pid == 0:
        shutdown.adopt()
        while not shutdown.wanted:
            pass
        os._exit(7)
    return pid


def test_children_forked_before_see_the_request_of_the_parent() -> None:
    shutdown = Shutdown()
    children = [forked(shutdown), forked(shutdown)]
    assert not shutdown.wanted
    shutdown.request()
    assert [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children] == [7, 7]


def test_signal_asks_this_process_alone_and_only_inside() -> None:
    shutdown = Shutdown()
    before = signal.getsignal(signal.SIGUSR2)
    with shutdown.by_signal(signal.SIGUSR2):
        os.kill(os.getpid(), signal.SIGUSR2)
        assert shutdown.wanted
    assert not shutdown.wanted
    assert signal.getsignal(signal.SIGUSR2) is before


def test_process_whose_parent_is_another_is_orphaned() -> None:
    shutdown = Shutdown()
    shutdown.adopt()
    assert not shutdown.orphaned
    shutdown._parent = os.getppid() + 1
    assert shutdown.orphaned
    assert shutdown.wanted
