"""Jobs for the tests of executors; a module of its own, and a light one: workers import it."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sogdia.errors import DataError, InfeasibleError
from sogdia.run.executors.job import Job


@dataclass(frozen=True)
class Place:
    """What tasks of a job share: a folder to leave traces in, and a number to add."""

    folder: Path
    offset: int = 0


class Parcel:
    """What leaves a trace wherever it is unpacked."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __setstate__(self, state) -> None:
        self.__dict__.update(state)
        trace(self.folder, "opens")


class Sealed:
    """What can be packed, and not be unpacked."""

    def __setstate__(self, _state) -> None:
        raise RuntimeError("it is sealed")

    def __getstate__(self) -> dict[str, int]:
        return {"never": 0}


class Endless(Sequence):
    """Short naps without end, that know how far they were looked at."""

    def __init__(self, count: int) -> None:
        self._count = count
        self.most = 0

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, number):
        self.most = max(self.most, number)
        return 0.005


def trace(folder: Path, what: str) -> None:
    (folder / f"{what}-{os.getpid()}-{time.monotonic_ns()}").touch()


def keep(place: Place) -> Place:
    return place


def prepare_slowly(parcel: Parcel) -> Parcel:
    trace(parcel.folder, "begins")
    time.sleep(0.05)
    trace(parcel.folder, "ends")
    return parcel


def die_at_once(_place: Place) -> Place:
    os._exit(7)


def nap_there(_parcel: Parcel, seconds: float) -> None:
    time.sleep(seconds)


def refuse(place: Place) -> Place:
    raise DataError(f"nothing is in {place.folder.name}")


def square(place: Place, task: int) -> int:
    return task * task + place.offset


def nap(_place: Place, seconds: float) -> float:
    time.sleep(seconds)
    return seconds


def process_id(_place: Place, _task: int) -> int:
    time.sleep(0.02)
    return os.getpid()


def environment(_place: Place, name: str) -> str | None:
    return os.environ.get(name)


def keep_task(_place: Place, _task: object) -> None:
    return None


def return_lambda(_place: Place, task: int):
    return lambda: task


def nap_with_trace(place: Place, seconds: float) -> None:
    trace(place.folder, "begins")
    time.sleep(seconds)


def fail_by_three(place: Place, task: int) -> int:
    if task % 3 == 0:
        raise InfeasibleError(f"{task} is a multiple of three")
    return square(place, task)


def divide(_place: Place, task: int) -> float:
    return 1.0 / task


def die_once(place: Place, task: int) -> int:
    """Task 3 kills its worker, unless that has happened."""
    marker = place.folder / "died"
    if task == 3 and not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return square(place, task)


def die_always(place: Place, task: int) -> int:
    if task == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return square(place, task)


def swell(_place: Place, mebibytes: int) -> int:
    room = bytearray(mebibytes * 2**20)
    time.sleep(0.5 if mebibytes > 100 else 0.0)
    return len(room)


def want_too_much(_place: Place, _task: int) -> int:
    raise MemoryError


def job(folder: Path, work, prepare=keep, offset: int = 0) -> Job:
    return Job(Place(folder, offset), prepare, work)


def drive(crew, folder: Path) -> None:
    """Keep the workers of an executor busy for longer than anybody waits."""
    with crew:
        list(crew.map(job(folder, nap_with_trace), [600.0] * 4))
