"""`sogdia simulate`: what is asked of the engine, what is printed, and how it ends."""

import json
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from tests.report import simulated
from tests.report.stub_page import write_page

import sogdia.simulation
from sogdia.cli.simulate_command import parse_precision
from sogdia.errors import DataError
from sogdia.report import page
from sogdia.simulation.sample import MOST_FOR_PRECISION


class Engine:
    """Stands for `simulate`: keeps what it was asked for, and gives what it was told to."""

    def __init__(self):
        self.result = simulated.result()
        self.asked = []

    def __call__(self, study, scenario=None, **asked):
        self.asked.append({"study": study.name, "scenario": scenario.name} | asked)
        return self.result


@pytest.fixture
def engine(monkeypatch):
    engine = Engine()
    monkeypatch.setattr(sogdia.simulation, "simulate", engine)
    return engine


@pytest.fixture
def simulate(sogdia, small_folder):
    """Simulate the small study."""

    def run(*arguments):
        return sogdia("simulate", small_folder, "--quiet", *arguments)

    return run


def test_help_teaches(sogdia):
    done = sogdia("simulate", "--help")
    assert done.code == 0
    assert "Usage: sogdia simulate [OPTIONS] {STUDY}" in done.out
    lines = [line.strip() for line in done.out.splitlines()]
    assert "sogdia simulate eurasia" in lines[lines.index("Examples") :]


def test_a_result_is_printed(simulate, engine):
    done = simulate()
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("silk · as-is · 2024-01-01 to 2024-12-31, 60 days of warm-up")
    for title in ("Transit time by corridor", "Bottlenecks", "Delays"):
        assert title in done.out
    assert "Xi'an" in done.out
    assert max(map(len, done.out.splitlines())) <= 80


def test_unless_told_the_engine_makes_twenty_replications_of_the_year(simulate, engine):
    simulate()
    (asked,) = engine.asked
    assert (asked["study"], asked["scenario"]) == ("small", "as-is")
    assert (asked["flows"], asked["initial"], asked["progress"]) == ("assigned", None, None)
    options = asked["options"]
    assert (options.replications, options.precision) == (20, None)
    assert (options.start, options.days, options.warm_up_days) == (None, 365, None)
    assert (options.seed, options.releases, options.trace) == (0, "poisson", False)


def test_what_is_asked_for_reaches_the_engine(simulate, engine, here):
    (here / "dry.toml").write_text('[[rule]]\nname = "x"\ncountries = ["DE"]\n')
    simulate(
        *("--scenario", "dry.toml", "--from", "2024-03-01", "--days", "90"),
        *("--replications", "7", "--seed", str(2**64 - 1), "--warm-up", "0"),
        *("--flows", "cheapest", "--releases", "scheduled"),
    )
    (asked,) = engine.asked
    options = asked["options"]
    assert (asked["scenario"], asked["flows"]) == ("dry", "cheapest")
    assert (options.start, options.days, options.warm_up_days) == (date(2024, 3, 1), 90, 0)
    assert (options.replications, options.seed) == (7, 2**64 - 1)
    assert options.releases == "scheduled"


@pytest.mark.parametrize(
    ("text", "share"),
    [("2%", 0.02), ("0.02", 0.02), (" 0.1 % ", 0.001), ("50%", 0.5), ("0.5", 0.5), ("1e-2", 0.01)],
)
def test_a_precision_is_a_share(simulate, engine, text, share):
    engine.result = simulated.result(asked=None, precision=share, reached=share / 2)
    done = simulate("--precision", text)
    options = engine.asked[0]["options"]
    assert done.code == 0
    assert options.replications is None
    assert options.precision == pytest.approx(share)


@pytest.mark.parametrize(
    "text", ["", "%", "two", "2", "100%", "0", "0%", "0.05%", "51%", "-2%", "nan", "inf", "2%%"]
)
def test_anything_else_is_no_precision(text):
    with pytest.raises(DataError) as caught:
        parse_precision(text)
    assert str(caught.value) == (
        f"--precision {text!r} is not a share such as 2% or 0.02, from 0.1% to 50%"
    )


def test_what_is_there_at_the_start_is_read(simulate, engine, here):
    (here / "there.csv").write_text("element_id,commodity_id,quantity_t\nferry,copper,2800\n")
    simulate("--initial", "there.csv")
    (row,) = engine.asked[0]["initial"].to_dicts()
    assert (row["element_id"], row["commodity_id"], row["quantity_t"]) == ("ferry", "copper", 2800)


@pytest.mark.parametrize(
    ("content", "message"),
    [("", "there.csv cannot be read as a CSV file"), ("element_id,tons\nferry,3\n", "tons")],
)
def test_what_is_there_at_the_start_is_a_table_of_its_kind(
    simulate, engine, here, content, message
):
    (here / "there.csv").write_text(content)
    done = simulate("--initial", "there.csv")
    assert (done.code, done.out) == (2, "")
    assert message in done.err
    assert engine.asked == []


def test_progress_is_shown_unless_quiet(sogdia, engine, small_folder):
    sogdia("simulate", small_folder)
    assert engine.asked[0]["progress"] is not None


def test_json_is_the_summary(simulate, engine):
    done = simulate("--json")
    assert (done.code, done.err) == (0, "")
    assert json.loads(done.out) == engine.result.summary()


def test_transit_times_are_chosen_by_names(simulate, engine):
    done = simulate("--origin", "Xi'an", "--commodity", "machinery,copper")
    assert "by corridor" not in done.out
    assert "machinery" in done.out
    assert "copper" not in done.out
    assert "Bottlenecks" in done.out
    found = json.loads(simulate("--origin", "CNXIA", "--destination", "aktau", "--json").out)
    assert [row["commodity"] for row in found["transit"]] == ["electronics"]
    assert len(found["elements"]) == 3


def test_corridors_are_chosen(simulate, engine):
    done = simulate("--corridor", "titr")
    assert "by origin" not in done.out
    assert "titr" in done.out
    assert "other" not in done.out
    assert "other" in simulate("--corridor", "other").out


def test_where_nothing_is_shipped_none_is_shown(simulate, engine):
    assert "commodity, days\nNone." in simulate("--origin", "Duisburg").out


def test_long_lists_are_cut(simulate, engine):
    assert "2 more; --top 0 shows all." in simulate("--top", "1").out
    assert "more; --top" not in simulate("--top", "0").out


def test_files_are_written_and_named(sogdia, engine, here, small_folder):
    trace = pl.DataFrame({"time_h": [0.5, 1.5], "what": ["released", "delivered"]})
    engine.result = simulated.result(trace=trace)
    done = sogdia("simulate", small_folder, "--trace", "log.parquet", "--charts", "queues.svg")
    assert done.code == 0
    assert done.err.splitlines()[-2:] == ["Written to log.parquet", "Written to queues.svg"]
    assert engine.asked[0]["options"].trace
    assert pl.read_parquet(here / "log.parquet").equals(trace)
    assert "</svg>" in (here / "queues.svg").read_text(encoding="utf-8")
    assert len(list(here.iterdir())) == 2


def test_a_file_that_cannot_be_written_is_the_machine_refusing(simulate, engine, here):
    engine.result = simulated.result(trace=pl.DataFrame({"time_h": [0.5]}))
    for option, name in (("--trace", "log.parquet"), ("--charts", "queues.svg")):
        (here / name).mkdir()
        done = simulate(option, name)
        assert done.code == 4
        assert done.err.startswith(f"cannot write {name}: ")
        assert done.out.startswith("silk")


def test_interrupted_it_prints_what_is_finished(simulate, engine):
    engine.result = simulated.result(asked=20, replications=3)
    done = simulate()
    assert (done.code, done.err) == (130, "interrupted after 3 of 20 replications\n")
    assert "Interrupted after 3 of 20 replications." in done.out
    assert "Bottlenecks" in done.out
    assert json.loads(simulate("--json").out)["replications"] == 3


def test_interrupted_on_the_way_to_a_precision(simulate, engine):
    engine.result = simulated.result(asked=None, replications=12, precision=0.01, reached=0.03)
    done = simulate("--precision", "1%")
    assert (done.code, done.err) == (130, "interrupted after 12 replications\n")


def test_interrupted_with_nothing_finished(simulate, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(sogdia.simulation, "simulate", interrupt)
    done = simulate()
    assert (done.code, done.out) == (130, "")


@pytest.mark.parametrize(
    ("replications", "reached", "said"),
    [(MOST_FOR_PRECISION, 0.03, "3%"), (10, float("nan"), "none")],
)
def test_a_precision_not_reached_ends_with_3(simulate, engine, replications, reached, said):
    engine.result = simulated.result(
        asked=None, replications=replications, precision=0.01, reached=reached
    )
    done = simulate("--precision", "1%")
    assert done.code == 3
    assert done.err == (
        f"precision not reached: {said} after {replications:,} replications, 1% was asked for\n"
    )
    assert "The precision asked for, 1.0%, is not reached." in done.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--from", "soon"], "--from 'soon' is not a date such as 2024-09-02"),
        (["--from", "2024-02-30"], "--from '2024-02-30' is not a date"),
        (["--days", "0"], "--days 0 is not a number from 1 to 3660"),
        (["--days", "3661"], "--days 3661 is not a number from 1 to 3660"),
        (["--replications", "0"], "--replications 0 is not a number from 1 to 100000"),
        (["--replications", "100001"], "--replications 100001 is not a number from 1 to"),
        (["--replications", "5", "--precision", "2%"], "exclude each other; give one of them"),
        (["--precision", "60%"], "--precision '60%' is not a share such as 2% or 0.02, from"),
        (["--seed", "-1"], "--seed -1 is not a number from 0 to 18446744073709551615"),
        (["--seed", str(2**64)], "is not a number from 0 to 18446744073709551615"),
        (["--warm-up", "-1"], "--warm-up -1 is not a number from 0 to 3660"),
        (["--top", "-1"], "--top -1 is not a number from 0 to 1000000"),
        (["--flows", "quickest"], "--flows 'quickest' is none of assigned, cheapest"),
        (["--releases", "daily"], "--releases 'daily' is none of poisson, scheduled"),
        (["--trace", "log.csv"], "--trace log.csv does not end with .parquet"),
        (["--trace", "no/log.parquet"], "lies in a folder that does not exist; make no"),
        (["--charts", "queues.png"], "--charts queues.png does not end with .svg"),
        (["--charts", "no/queues.svg"], "lies in a folder that does not exist; make no"),
        (["--initial", "there.csv"], "--initial there.csv is not a file; give a table in CSV"),
        (["--corridor", "tirt"], "there is no corridor 'tirt'; did you mean 'titr'?"),
        (["--commodity", "coper"], "there is no commodity 'coper'; did you mean 'copper'?"),
        (["--origin", "Dostky"], "--origin: there is no place 'Dostky' in the study; nearest: Dos"),
        (["--destination", "Q"], "--destination: there is no place 'Q' in the study; give an id"),
        (["--scenario", "no-such"], "no-such"),
    ],
)
def test_wrong_input_is_one_line_before_anything_is_simulated(
    simulate, engine, here, arguments, message
):
    done = simulate(*arguments)
    assert (done.code, done.out) == (2, "")
    assert len(done.err.splitlines()) == 1
    assert message in done.err
    assert engine.asked == []
    assert list(here.iterdir()) == []


@pytest.mark.parametrize("arguments", [["--days", "soon"], ["--seed", "1.5"], ["--speed", "9"]])
def test_wrong_usage_ends_with_2(simulate, engine, arguments):
    done = simulate(*arguments)
    assert done.code == 2
    assert "Usage: sogdia simulate" in done.err
    assert engine.asked == []


def test_what_the_engine_refuses_is_said(simulate, monkeypatch):
    def refuse(*_, **__):
        raise DataError("service.csv: no vessel ever leaves")

    monkeypatch.setattr(sogdia.simulation, "simulate", refuse)
    done = simulate()
    assert (done.code, done.err) == (2, "service.csv: no vessel ever leaves\n")


def report_data(folder):
    text = (folder / "report.html").read_text(encoding="utf-8")
    return json.loads(text.split('id="page-data">')[1].split("</script>")[0])


ONE = ("--replications", "1", "--days", "30", "--warm-up", "0", "--out", "kept")


def test_the_folder_has_a_report_that_can_be_played(simulate, here, tmp_path, monkeypatch):
    monkeypatch.setattr(page, "PAGE", write_page(tmp_path / "page"))
    assert simulate(*ONE).code == 0
    (run,) = report_data(here / "kept")["runs"]
    assert (run["study"], run["year"], run["run_id"]) == ("small", 2024, "kept")
    assert run["simulated"]
    assert {"flows", "simulated_elements", "simulated_corridors"} <= set(run["tables"])
    assert "corridors" not in run["tables"]
    assert run["playback"]["days"] == 30
    assert run["playback"]["movements"]["rows"] > 0


def test_without_a_page_it_says_why_there_is_no_report(
    sogdia, small_folder, here, tmp_path, monkeypatch
):
    monkeypatch.setattr(page, "PAGE", tmp_path / "none")
    done = sogdia("simulate", small_folder, *ONE)
    assert done.code == 0
    assert done.err.splitlines()[-1].startswith("No report.html: the page was not built")
    assert not (here / "kept" / "report.html").exists()


def test_a_report_that_cannot_be_written_is_named(simulate, here, tmp_path, monkeypatch):
    monkeypatch.setattr(page, "PAGE", write_page(tmp_path / "page"))
    write = Path.write_text

    def full(path, *arguments, **options):
        if path.name == "report.html":
            raise OSError(28, "No space left on device")
        return write(path, *arguments, **options)

    monkeypatch.setattr(Path, "write_text", full)
    done = simulate(*ONE)
    assert done.code == 4
    assert "report.html: No space left on device" in done.err
