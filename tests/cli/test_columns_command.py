"""`sogdia columns`: what a study may consist of, for those who write one."""

import json

from sogdia.study.model import SCHEMAS


def test_all_tables_are_listed_and_two_are_needed(sogdia):
    rows = json.loads(sogdia("columns", "--json").out)["rows"]
    assert [row["table"] for row in rows] == list(SCHEMAS)
    assert [row["table"] for row in rows if row["needed"]] == ["node", "link"]


def test_every_column_of_every_table_is_told(sogdia):
    for table, schema in SCHEMAS.items():
        rows = json.loads(sogdia("columns", table, "--json").out)["rows"]
        assert [row["column"] for row in rows] == list(schema.columns())
        assert all(row["holds"] and row["meaning"] for row in rows)


def test_a_column_says_whether_it_is_needed_and_what_it_holds(sogdia):
    rows = {
        row["column"]: row for row in json.loads(sogdia("columns", "node", "--json").out)["rows"]
    }
    assert rows["x_coord"]["needed"]
    assert not rows["name"]["needed"]
    assert "border_crossing" in rows["kind"]["holds"]
    assert rows["source_id"]["holds"] == "source.source_id"


def test_it_fits_the_terminal(sogdia):
    done = sogdia("columns", "link")
    assert done.code == 0
    assert done.out.startswith("link.csv: A line-haul connection of one mode")
    assert max(map(len, done.out.splitlines())) <= 80


def test_a_table_that_is_not_there(sogdia):
    done = sogdia("columns", "nodes")
    assert done.code == 2
    assert "did you mean 'node'?" in done.err
