"""`sogdia route`, from names to files."""

import csv
import json

import pytest

ENDS = ("Xi'an", "Duisburg")
WITH = ("--commodity", "machinery", "--depart", "2024-09-02", "--quiet")


@pytest.fixture
def route(sogdia, small_folder):
    """Ask for the ways of machinery over the small study."""

    def run(*arguments, ends=ENDS, given=WITH):
        return sogdia("route", small_folder, *ends, *given, *arguments)

    return run


def asked(done):
    return json.loads(done.out)


def test_an_answer_is_printed(route):
    done = route()
    assert (done.code, done.err) == (0, "")
    assert "Xi'an" in done.out
    assert "Duisburg" in done.out
    assert "Middle Corridor" in done.out
    assert "Northern route" in done.out
    assert max(map(len, done.out.splitlines())) <= 80


def test_json_is_one_object(route):
    answer = asked(route("--deadline", "40d", "--json"))
    assert answer["depart"] == "2024-09-02"
    assert answer["deadline"] == "2024-10-11"
    corridors = {way["corridor"] for way in answer["itineraries"]}
    assert corridors == {"titr", "north"}


def test_a_place_goes_by_any_of_its_names(route):
    named = route("--json")
    for ends in (("CNXIA", "DEDUI"), ("西安", "duisburg"), ("xian", "DE DUI")):
        other = asked(route("--json", ends=ends))
        assert other["itineraries"] == asked(named)["itineraries"]


def test_what_is_avoided_is_in_no_way(route):
    for names in (["--avoid", "RU,BY"], ["--avoid", "Russia"], ["--avoid", "Moscow"]):
        answer = asked(route("--json", *names))
        assert {way["corridor"] for way in answer["itineraries"]} == {"titr"}


def test_what_is_passed_by_is_in_every_way(route):
    answer = asked(route("--json", "--via", "Aktau", "--via", "Poti,Dostyk"))
    assert {way["corridor"] for way in answer["itineraries"]} == {"titr"}


def test_one_criterion_ranks(route):
    answer = asked(route("--json", "--by", "cost", "--k", "1"))
    assert len(answer["itineraries"]) == 1
    cheapest = min(
        way["cost_usd_t"] for way in asked(route("--json", "--by", "cost"))["itineraries"]
    )
    assert answer["itineraries"][0]["cost_usd_t"] == pytest.approx(cheapest)


def test_without_a_day_the_middle_of_the_year_is_taken_and_said(route):
    answer = asked(route("--json", given=("--commodity", "machinery", "-q")))
    assert answer["depart"] == "2024-07-01"
    assert (
        "No day of departure was named, so it is 2024-07-01; --depart names another."
        in answer["notes"]
    )
    assert not any("--depart names" in note for note in asked(route("--json"))["notes"])


def test_legs_are_shown_where_they_are_asked_for(route):
    assert "Container feeder" not in route().out
    done = route("--via", "titr", "--by", "cost", "--explain", "1")
    assert done.code == 0
    assert "Container feeder" in done.out
    assert max(map(len, done.out.splitlines())) <= 80


def test_why_not_is_answered(route):
    done = route("--avoid", "RU", "--why-not", "Moscow")
    assert done.code == 0
    assert "Why not Moscow?" in done.out
    found = asked(route("--avoid", "RU", "--why-not", "RUMOW", "--json"))["why_not"]
    assert (found["asked"], found["name"], found["verdict"]) == ("RUMOW", "Moscow", "blocked")
    assert found["blocked_by"] == ["the wish to avoid Russia"]
    assert found["relax"] == [["the wish to avoid Russia"]]
    assert found["best"]["corridor"] == "north"


def test_why_not_of_what_is_nowhere_has_no_best_way(route):
    found = asked(route("--why-not", "waterway", "--json"))["why_not"]
    assert (found["verdict"], found["best"]) == ("unreachable", None)


def test_where_no_way_is_left_it_is_said_what_blocks(route):
    done = route("--avoid", "KZ")
    assert (done.code, done.out) == (3, "")
    assert len(done.err.splitlines()) == 1
    assert "avoid Kazakhstan" in done.err


def test_where_no_way_is_left_scripts_get_an_object(route):
    done = route("--avoid", "RU,Aktau", "--json")
    assert (done.code, done.err) == (3, "")
    answer = asked(done)
    assert sorted(answer) == ["blocked_by", "error", "relax"]
    assert answer["blocked_by"] == ["the wish to avoid Russia", "the wish to avoid Aktau"]
    assert sorted(answer["relax"]) == [["the wish to avoid Aktau"], ["the wish to avoid Russia"]]


def test_files_are_written_and_named(route, here):
    (here / "route.html").write_text("older")
    files = ("--map", "route.html", "--diagram", "tcd.svg", "--declaration", "co2.csv")
    loud = ("--commodity", "machinery", "--depart", "2024-09-02")
    done = route(*files, "--tonnes", "20", given=loud)
    assert done.code == 0
    assert done.err.splitlines()[-3:] == [f"Written to {name}" for name in files[1::2]]
    assert "<html" in (here / "route.html").read_text(encoding="utf-8")
    assert "<svg" in (here / "tcd.svg").read_text(encoding="utf-8")
    assert sorted(path.name for path in here.iterdir()) == ["co2.csv", "route.html", "tcd.svg"]


@pytest.mark.parametrize("way", ["1", "2"])
def test_a_declaration_is_that_of_the_way_that_is_explained(route, here, way):
    options = ("--by", "cost", "--explain", way, "--json", "--declaration", "co2.csv")
    answer = asked(route(*options, "--tonnes", "20"))
    with (here / "co2.csv").open(encoding="utf-8") as file:
        total = sum(float(row["wtw_kg"]) for row in csv.DictReader(file))
    assert total == pytest.approx(20 * answer["itineraries"][int(way) - 1]["co2_kg_t"], rel=1e-3)


def test_a_place_that_cannot_be_written_to_is_the_machine_refusing(route):
    done = route("--map", "nowhere/route.html")
    assert done.code == 4
    assert done.err == "cannot write nowhere/route.html: No such file or directory\n"


def test_the_queues_of_a_run_are_waited_in(route, sogdia, small_folder):
    assert sogdia("run", small_folder, "--out", "one", "-q").code == 0
    over_the_sea = ("--via", "Aktau", "--by", "cost", "--json")
    alone = asked(route(*over_the_sea))
    crowded = asked(route(*over_the_sea, "--queues", "one"))
    assert any("No queues" in note for note in alone["notes"])
    assert not any("No queues" in note for note in crowded["notes"])
    assert crowded["itineraries"][0]["days_mean"] > alone["itineraries"][0]["days_mean"]


def test_queues_are_those_of_a_run(route, here):
    (here / "one").mkdir()
    done = route("--queues", "one")
    assert done.code == 2
    assert done.err == (
        "--queues one is not the folder of a run: it has no elements.parquet; "
        "sogdia run writes one\n"
    )
    (here / "one" / "elements.parquet").write_text("not a table")
    done = route("--queues", "one")
    assert (done.code, done.err) == (
        2,
        "one/elements.parquet is not a Parquet table that a run wrote; run the scenario again\n",
    )


def test_without_a_commodity_those_of_the_study_are_listed(route):
    done = route(given=())
    assert done.code == 2
    assert done.err == (
        "name what is shipped with --commodity; in study small: machinery, copper, uranium\n"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--commodity", "coper"], "there is no commodity 'coper'"),
        (["--depart", "soon"], "--depart 'soon' is not a date such as 2024-09-02"),
        (["--deadline", "soon"], "--deadline 'soon' is neither a time such as 30d"),
        (["--deadline", "2024-08-01"], "is in the past: it has to be after the departure"),
        (["--deadline", "0d"], "is in the past"),
        (["--by", "speed"], "time, cost, co2, reliability"),
        (["--by", "reliability"], "give one, e.g. --deadline 30d"),
        (["--avoid", "Rusia"], "'Rusia' names nothing in the study; nearest: Russia (country RU)"),
        (["--via", "Dostky"], "nearest: Dostyk (place KZDST)"),
        (["--explain", "99"], "so name one from 1 to "),
        (["--declaration", "co2.csv"], "give its weight, e.g. --tonnes 20"),
        (["--tonnes", "nan"], "--tonnes nan is not a weight above 0 t"),
        (["--tonnes", "inf"], "--tonnes inf is not a weight above 0 t"),
        (["--tonnes", "-3"], "--tonnes -3 is not a weight above 0 t"),
        (["--scenario", "no-such"], "no-such"),
    ],
)
def test_wrong_input_is_one_line_and_nothing_is_written(route, here, arguments, message):
    done = route(*arguments)
    assert (done.code, done.out) == (2, "")
    assert len(done.err.splitlines()) == 1
    assert message in done.err
    assert list(here.iterdir()) == []


@pytest.mark.parametrize(
    ("ends", "message"),
    [
        (("Xian", "Duisberg"), "there is no place 'Duisberg' in the study; nearest: Duisburg"),
        (("Xian", "91,0"), "a latitude of 91"),
        (("Xian", "CNXIA"), "are the same place"),
        (("Xian", "48.1,11.5"), "the study has no road by which to price"),
        (("", "Duisburg"), "the name of a place is empty"),
    ],
)
def test_wrong_places_are_one_line(route, ends, message):
    done = route(ends=ends)
    assert (done.code, done.out) == (2, "")
    assert len(done.err.splitlines()) == 1
    assert message in done.err


@pytest.mark.parametrize(
    "arguments",
    [["--k", "0"], ["--max-overlap", "2"], ["--max-overlap", "nan"], ["--explain", "0"]],
)
def test_wrong_usage_ends_with_2(route, arguments):
    done = route(*arguments)
    assert done.code == 2
    assert "Usage: sogdia route" in done.err
