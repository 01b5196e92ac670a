"""`sogdia check` and `sogdia show`."""

import json

import pytest


def test_check_says_that_nothing_is_wrong(sogdia, small_folder):
    done = sogdia("check", small_folder)
    assert done.code == 0
    assert done.out == f"{small_folder}: 16 tables, 73 rows, nothing wrong\n"


def test_check_lists_everything_wrong(sogdia, small_copy):
    nodes = small_copy / "node.csv"
    nodes.write_text(nodes.read_text().replace("108.9", "208.9").replace("KZ,,", "KZZ,,", 1))
    done = sogdia("check", small_copy)
    assert done.code == 2
    assert done.out == ""
    lines = done.err.splitlines()
    assert any(line.startswith("node.csv, row 2, column x_coord: ") for line in lines)
    assert any(line.startswith("node.csv, row 4, column country: ") for line in lines)


def test_check_warns_of_a_column_it_does_not_know(sogdia, small_copy):
    nodes = small_copy / "node.csv"
    head, _, rest = nodes.read_text().partition("\n")
    nodes.write_text(f"{head},nmae\n" + "".join(f"{row},\n" for row in rest.splitlines()))
    done = sogdia("check", small_copy)
    assert done.code == 0
    assert done.err.startswith("warning: node.csv, column nmae")


def test_check_for_scripts(sogdia, small_copy):
    (small_copy / "link.csv").unlink()
    done = sogdia("check", small_copy, "--json")
    found = json.loads(done.out)
    assert done.code == 2
    assert sorted(found) == ["problems", "rows", "study", "warnings"]
    assert "link.csv: the file is missing" in found["problems"]


def test_a_study_that_is_not_there(sogdia):
    done = sogdia("check", "nowhere")
    assert done.code == 2
    assert len(done.err.splitlines()) == 1
    assert "'nowhere'" in done.err


def test_show_fits_the_terminal(sogdia, small_folder):
    done = sogdia("show", small_folder, "link")
    assert done.code == 0
    assert done.out.startswith("link: 12 of 12 rows")
    assert max(map(len, done.out.splitlines())) <= 80
    assert "Choose with --columns." in done.out


def test_show_selects_rows_and_columns(sogdia, small_folder):
    done = sogdia(
        *("show", small_folder, "node", "--where", "country=KZ", "--where", "name~dost"),
        *("--columns", "node_id,name", "--json"),
    )
    assert json.loads(done.out) == {
        "table": "node",
        "found": 1,
        "rows": [{"node_id": "KZDST", "name": "Dostyk"}],
    }


def test_show_limits_rows_and_counts_the_rest(sogdia, small_folder):
    assert sogdia("show", small_folder, "link", "--limit", "3").out.startswith("link: 3 of 12 rows")
    everything = json.loads(sogdia("show", small_folder, "link", "--limit", "0", "--json").out)
    assert len(everything["rows"]) == everything["found"] == 12


def test_show_writes_dates_as_iso(sogdia, small_folder):
    rows = json.loads(sogdia("show", small_folder, "event", "--json").out)["rows"]
    assert rows[0]["from_date"] == "2024-02-05"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["lnik"], "there is no table 'lnik'; did you mean 'link'?"),
        (["link", "--where", "mdoe=rail"], "there is no column 'mdoe'; did you mean 'mode'?"),
        (["link", "--where", "rail"], "condition 'rail' is not column, operator and value"),
        (["link", "--columns", "mode,nmae"], "there is no column 'nmae'; did you mean 'name'?"),
    ],
)
def test_show_says_what_would_do(sogdia, small_folder, arguments, message):
    done = sogdia("show", small_folder, *arguments)
    assert done.code == 2
    assert message in done.err
    assert done.out == ""


def test_what_is_built_in_is_listed(sogdia):
    assert "eurasia" in sogdia("studies").out.split()
    assert "avoid-russia" in sogdia("scenarios").out.split()
