"""Large tables are split in a quick way, which has to tell the same as the careful one."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sogdia.study import sheet
from sogdia.study.model import SCHEMAS
from sogdia.study.sheet import read_sheet

PLAIN = ["a", "b-1", "", " ", "7", "-1.5", "1e3", "x y", "é", "NULL", "NA", " 5 "]
QUOTED = ['"q"', '"a,b"', '"LINESTRING (1 2, 3 4)"', '""', '"a ""b"""', 'a"b', '"two\nlines"']
CELLS = st.sampled_from([*PLAIN, *QUOTED])
HEADER = "node_id,name,x_coord,y_coord,odd"
WHOLE = st.lists(CELLS, min_size=5, max_size=5).map(",".join)
LINES = st.one_of(WHOLE, WHOLE, WHOLE, st.sampled_from(["", ",,,,", "a,b", "a,b,1,2,3,4", "#a,b"]))


def read(data: bytes) -> tuple[object, ...]:
    found, problems, slips = read_sheet(SCHEMAS["node"], "node.csv", data)
    if found is None:
        return None, problems, slips
    assert found.rows is not None
    unread = {name: mask.to_list() for name, mask in found.unread.items() if mask.any()}
    return found.frame.rows(), found.rows.to_list(), unread, problems, slips


@settings(max_examples=60, deadline=None)
@given(st.lists(LINES, max_size=5), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_both_ways_tell_the_same(lines: list[str], end: str, closed: bool):
    data = (end.join([HEADER, *lines]) + end * closed).encode()
    careful = read(data)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sheet, "LARGE_BYTES", 0)
        assert read(data) == careful


def test_a_large_plain_table_goes_the_quick_way(monkeypatch: pytest.MonkeyPatch):
    row = 'x{0},"name, with a comma",1.5,{0}\n'
    data = ("node_id,name,x_coord,y_coord\n" + "".join(map(row.format, range(40_000)))).encode()
    assert len(data) > sheet.LARGE_BYTES
    monkeypatch.setattr(sheet, "_records", None)
    found, problems, _ = read_sheet(SCHEMAS["node"], "node.csv", data)
    assert not problems
    assert found is not None
    assert found.frame.row(-1)[:4] == ("x39999", "name, with a comma", 1.5, 39999.0)
    assert found.rows is not None
    assert found.rows[-1] == 40_001


def test_rows_of_a_large_table_are_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sheet, "LARGE_BYTES", 0)
    data = b"node_id,name,x_coord,y_coord\na,,1,2\n,,,\nb,,east,2\n"
    _, problems, _ = read_sheet(SCHEMAS["node"], "node.csv", data)
    assert [str(one) for one in problems] == [
        "node.csv, row 4, column x_coord: 'east' is not a number"
    ]
