"""Which CUDA devices a worker has, and which of them each process of its pool trains on."""

import os
import subprocess
import sys

from core.store import Queue

VISIBLE = "CUDA_VISIBLE_DEVICES"
_COUNT = "import torch; print(torch.cuda.device_count())"


def gpu_devices(concurrency: int | None) -> tuple[str, ...]:
    """The devices of the worker's processes, by the index of the process; all there are by default.

    Raises ValueError where there is none, or fewer than processes.
    """
    devices = named(os.environ.get(VISIBLE), _count())
    if not devices:
        raise ValueError("queue gpu needs a CUDA device, and torch sees none here")
    if concurrency is not None and concurrency > len(devices):
        raise ValueError(
            f"--concurrency must be at most {len(devices)} for queue gpu, one process a device: torch sees "
            f"{', '.join(devices)} here. Got {concurrency} instead."
        )
    return devices[:concurrency]


def named(inherited: str | None, count: int) -> tuple[str, ...]:
    """What CUDA_VISIBLE_DEVICES calls each of `count` visible devices.

    Args:
        inherited: value of the variable, a list of indices or UUIDs; None where it is not set.
        count: how many devices CUDA sees under that value; it ends the list at the first faulty entry.
    """
    if inherited is None:
        return tuple(str(index) for index in range(count))
    return tuple(entry.strip() for entry in inherited.split(","))[:count]


def see_only(device: str) -> None:
    """Hides every other device from this process; to be called before torch is imported.

    Raises RuntimeError where that is too late.
    """
    if "torch" in sys.modules:
        raise RuntimeError(f"torch was imported before {VISIBLE} could be set")
    os.environ[VISIBLE] = device


def device_name(queue: Queue) -> str:
    """What this process trains on: `cpu`, or the model of its GPU. Of a GPU it loads torch."""
    if queue == "cpu":
        return "cpu"
    import torch

    return torch.cuda.get_device_name()


def _count() -> int:
    # Asked in another process: this one is to fork, and must not have torch loaded.
    found = subprocess.run([sys.executable, "-c", _COUNT], check=False, capture_output=True, text=True)
    if found.returncode != 0:
        reason = (found.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise ValueError(f"queue gpu needs a CUDA device, and torch could not look for one: {reason}")
    return int(found.stdout)
