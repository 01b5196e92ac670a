"""A run folder is complete under its name, or it is not there."""

import errno
import os

import pytest

from sogdia.errors import DataError, ResourceError
from sogdia.run.folder import new_folder


def names(folder):
    return sorted(child.name for child in folder.iterdir())


def test_the_folder_appears_only_when_it_is_complete(tmp_path):
    final = tmp_path / "deep" / "run"
    with new_folder(final) as folder:
        folder.write("a.txt", b"one")
        assert not final.exists()
    assert (final / "a.txt").read_bytes() == b"one"
    assert names(final.parent) == ["run"]


def test_nothing_is_left_when_the_block_fails(tmp_path):
    final = tmp_path / "new" / "deep" / "run"
    with pytest.raises(KeyboardInterrupt), new_folder(final) as folder:
        folder.write("a.txt", b"one")
        raise KeyboardInterrupt
    assert names(tmp_path) == []


def test_a_name_that_is_taken_is_refused_before_the_work(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "mine.txt").write_text("keep")
    with pytest.raises(DataError, match="run exists already"), new_folder(tmp_path / "run"):
        pytest.fail("the block must not be entered")
    assert names(tmp_path) == ["run"]
    assert (tmp_path / "run" / "mine.txt").read_text() == "keep"


def test_a_name_taken_during_the_work_is_not_overwritten(tmp_path):
    final = tmp_path / "run"
    with pytest.raises(DataError, match="exists already"), new_folder(final) as folder:
        folder.write("a.txt", b"one")
        final.mkdir()
        (final / "mine.txt").write_text("keep")
    assert names(tmp_path) == ["run"]
    assert names(final) == ["mine.txt"]


def test_an_empty_folder_is_filled(tmp_path):
    (tmp_path / "run").mkdir()
    with new_folder(tmp_path / "run") as folder:
        folder.write("a.txt", b"one")
    assert names(tmp_path / "run") == ["a.txt"]


def test_numbered_folders_take_the_next_free_number(tmp_path):
    paths = []
    for _ in range(3):
        with new_folder(tmp_path / "run", numbered=True) as folder:
            folder.write("a.txt", b"one")
        paths.append(folder.path.name)
    assert paths == ["run", "run-2", "run-3"]


def test_a_full_disk_is_one_line_and_leaves_nothing(tmp_path, monkeypatch):
    def full(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with (
        pytest.raises(ResourceError, match=r"cannot write .*a\.txt: No space left on device"),
        new_folder(tmp_path / "run") as folder,
    ):
        folder.write("a.txt", b"one")
    assert names(tmp_path) == []


def test_a_place_below_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(ResourceError, match="cannot write"),
        new_folder(tmp_path / "file" / "run"),
    ):
        pytest.fail("the block must not be entered")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_place_is_refused(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(ResourceError, match="Permission denied"), new_folder(tmp_path / "run"):
        pytest.fail("the block must not be entered")
