"""Folders that were cut short: tables without their end, manifests without theirs."""

from __future__ import annotations

from contextlib import closing

import pytest
from tests.run import kept_folders as kept

from sogdia.errors import DataError
from sogdia.run.kept.difference import difference
from sogdia.run.kept.listing import list_runs
from sogdia.run.store import RunStore
from sogdia.run.tables import parquet, read_table


def cuts(length: int) -> list[int]:
    """Some lengths of a file that was cut short: its first bytes, its last and some between."""
    return sorted({0, 1, 2, length - 1, length - 2, *range(4, length, max(length // 20, 1))})


def test_a_table_cut_anywhere_is_no_table(tmp_path):
    whole = parquet(kept.CORRIDORS)
    file = tmp_path / "corridors.parquet"
    for length in cuts(len(whole)):
        file.write_bytes(whole[:length])
        with pytest.raises(DataError, match=r"corridors\.parquet is not a Parquet table"):
            read_table(file)
    file.write_bytes(whole)
    assert read_table(file).height == kept.CORRIDORS.height


def test_runs_with_a_table_cut_short_are_not_compared(tmp_path):
    before, after = (kept.run(tmp_path, name) for name in ("before", "after"))
    table = after / "corridors.parquet"
    table.write_bytes(table.read_bytes()[:-8])
    with pytest.raises(DataError, match=r"after.*corridors\.parquet"):
        difference(before, after)


def test_a_manifest_cut_anywhere_is_listed_as_damaged(tmp_path):
    file = kept.run(tmp_path, "cut") / "manifest.json"
    kept.run(tmp_path, "whole")
    whole = file.read_bytes()
    for length in cuts(len(whole)):
        file.write_bytes(whole[:length])
        states = {one.name: (one.state, one.message) for one in list_runs(tmp_path).runs}
        assert states["whole"][0] == "done"
        state, message = states["cut"]
        assert (state, bool(message)) == ("damaged", True), length


def test_a_server_lists_a_manifest_cut_short_with_its_reason(tmp_path):
    file = kept.run(tmp_path, "cut") / "manifest.json"
    file.write_bytes(file.read_bytes()[:100])
    with closing(RunStore(tmp_path)) as store:
        (found,) = store.runs()
    assert found.state == "failed"
    assert found.message


def test_an_index_that_is_no_database_is_made_again(tmp_path):
    kept.run(tmp_path, "kept")
    (tmp_path / "index.sqlite").write_bytes(b"SQLite format 3\0 and then nothing")
    with closing(RunStore(tmp_path)) as store:
        assert [one.run_id for one in store.runs()] == ["kept"]
