"""A disk that is full, and places where nothing may be written."""

from __future__ import annotations

import sys

import pytest
from tests.faults.conftest import NO_LARGE_FILES, NO_PRIVILEGES

RUN = ("run", "--quiet", "--out", "kept")
ASSIGN = ("assign", "--quiet", "--out", "kept")


@pytest.fixture(scope="module", autouse=True)
def _kernels_are_compiled(small_study):
    """What is compiled is written to a disk too, and that is not what is tried here."""
    from sogdia import run_study

    run_study(small_study)


@pytest.mark.parametrize("command", [RUN, ASSIGN], ids=lambda one: one[0])
def test_a_full_disk_is_one_sentence_and_leaves_nothing_half_written(
    start, names, small_folder, command
):
    ended = start(command[0], small_folder, *command[1:], before=NO_LARGE_FILES)
    assert ended.code == 4
    assert "cannot write" in ended.said()
    assert "File too large" in ended.err
    assert names() == []


def test_output_that_finds_no_room_is_one_sentence(start, small_folder):
    full = "import os, sys; os.dup2(os.open('/dev/full', os.O_WRONLY), 1);"
    ended = start("show", small_folder, "node", before=full)
    assert ended.code == 4
    assert "No space left on device" in ended.said()


@pytest.mark.skipif(sys.platform != "linux", reason="capabilities are Linux's")
def test_a_folder_that_may_only_be_read_is_said(start, tmp_path, small_folder):
    place = tmp_path / "theirs"
    place.mkdir(mode=0o500)
    ended = start("run", small_folder, *RUN[1:-1], place / "kept", before=NO_PRIVILEGES)
    assert ended.code == 4
    assert f"cannot write {place / 'kept'}: Permission denied" in ended.said()
    assert list(place.iterdir()) == []
