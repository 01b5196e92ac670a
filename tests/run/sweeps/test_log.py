"""The log of finished tasks: torn at every byte, bent, shared, and on a disk that is full."""

from __future__ import annotations

import errno
import math
import os

import pytest

from sogdia.errors import DataError, ResourceError
from sogdia.run.sweeps import log as module
from sogdia.run.sweeps.log import (
    FinishedLog,
    decoded,
    encoded,
    failure_line,
    figures_line,
    read_log,
)

HEADER = {"format": 1, "study": "abc"}
FIGURES = {"titr.kt": 0.1 + 0.2, "days": 1e-300, "share": math.nan, "Poznań": -0.0}


def opened(path):
    return FinishedLog(path, HEADER, "the sweep")


def keys_of(path):
    return list(read_log(path, is_wanted=lambda _: True).finished)


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "finished.jsonl"
    with opened(path) as log:
        log.append(figures_line("one", FIGURES, 0.5))
        log.append(failure_line("two", "no way from A to B", 0.1))
        log.append(figures_line("three", {"titr.kt": 3.0}, 0.5))
    return path


def test_figures_come_back_bit_by_bit(path):
    found = read_log(path, is_wanted=lambda header: header["study"] == "abc").finished
    figures = found["one"].figures()
    assert list(figures) == list(FIGURES)
    assert math.isnan(figures.pop("share"))
    assert [value.hex() for value in figures.values()] == [
        value.hex() for name, value in FIGURES.items() if name != "share"
    ]
    assert found["two"].failure == "no way from A to B"
    assert found["two"].figures() == {}


def test_a_log_of_another_study_is_passed_over(path):
    found = read_log(path, is_wanted=lambda header: header["study"] == "xyz")
    assert found.finished == {}


def test_a_log_that_is_not_there_is_empty(tmp_path):
    assert read_log(tmp_path / "none.jsonl", is_wanted=lambda _: True).finished == {}


def test_a_last_line_torn_at_any_byte_is_dropped_and_written_again(path):
    whole = path.read_bytes()
    last = whole.rindex(b"\n", 0, -1) + 1
    for end in range(last, len(whole)):
        path.write_bytes(whole[:end])
        assert keys_of(path) == ["one", "two"]
        with opened(path) as log:
            assert list(log.finished) == ["one", "two"]
            log.append(whole[last:])
        assert path.read_bytes() == whole


def test_a_torn_header_is_written_again(path):
    whole = path.read_bytes()
    header = whole[: whole.index(b"\n") + 1]
    for end in range(len(header)):
        path.write_bytes(whole[:end])
        with opened(path):
            pass
        assert path.read_bytes() == header


def test_a_line_with_any_byte_bent_is_not_read():
    line = figures_line("one", {"titr.kt": 1.5}, 0.25).rstrip(b"\n")
    assert decoded(line) is not None
    for at in range(len(line)):
        bent = line[:at] + bytes([line[at] ^ 1]) + line[at + 1 :]
        assert decoded(bent) is None


def test_lines_around_a_bent_one_stand(path):
    lines = path.read_bytes().splitlines(keepends=True)
    lines[2] = lines[2].replace(b"no way", b"to way")
    path.write_bytes(b"".join(lines))
    with opened(path) as log:
        assert list(log.finished) == ["one", "three"]
    assert path.read_bytes() == b"".join(lines)


def test_zeros_that_a_failing_machine_leaves_are_cut_off(path):
    whole = path.read_bytes()
    path.write_bytes(whole + b"\0" * 4096)
    with opened(path):
        pass
    assert path.read_bytes() == whole


def test_nobody_else_may_write_at_the_same_time(path):
    with opened(path), pytest.raises(DataError, match="the sweep is being worked on already"):
        opened(path).__enter__()
    with opened(path):
        pass


def test_a_full_disk_is_said_and_what_is_finished_is_kept(path, monkeypatch):
    whole = path.read_bytes()
    write = os.write

    def half(file, data):
        if len(data) < 10:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(file, data[: len(data) // 2])

    with opened(path) as log:
        monkeypatch.setattr(os, "write", half)
        with pytest.raises(ResourceError, match=r"finished\.jsonl: No space left on device"):
            log.append(figures_line("four", FIGURES, 0.5))
        monkeypatch.undo()
    assert path.read_bytes() != whole
    with opened(path) as log:
        assert list(log.finished) == ["one", "two", "three"]
    assert path.read_bytes() == whole


def test_lines_are_forced_to_the_disk_at_most_once_a_second_and_at_the_end(path, monkeypatch):
    clock, forced = [0.0], []
    monkeypatch.setattr(module, "monotonic", lambda: clock[0])
    monkeypatch.setattr(os, "fsync", lambda _: forced.append(clock[0]))
    with opened(path) as log:
        for number in range(35):
            clock[0] = number / 10
            log.append(encoded({"key": str(number), "figures": {}}))
        assert forced == [0.0, 1.0, 2.0, 3.0]
        clock[0] = 3.5
    assert forced == [0.0, 1.0, 2.0, 3.0, 3.5]
