"""Rows over HTTP: chosen by column, and the same content in every format."""

from __future__ import annotations

import json
from datetime import date

import polars as pl
import pytest
from tests.builders import line, places, study_of

from sogdia.errors import DataError
from sogdia.web.bodies import Body, BodyCache
from sogdia.web.formats import TableQuery, chosen_format, chosen_rows, plural
from sogdia.web.places import StudyPlaces
from sogdia.web.refusals import RefusedError

ROWS = "/api/studies/small/links"
FRAME = pl.DataFrame(
    {
        "row_id": ["a", "b", "c"],
        "country": ["KZ,RU", "KZ", None],
        "length_km": [1.0, None, 12.5],
        "servers": [1, 2, None],
        "directed": [True, False, None],
        "open_from": [date(2024, 7, 1), None, None],
        "marks": [["x", "y"], ["x"], []],
        "kind": pl.Series(["port", "port", "city"], dtype=pl.Enum(["port", "city"])),
    }
)


@pytest.mark.parametrize(
    ("filters", "rows"),
    [
        ({}, "abc"),
        ({"country": ["KZ"]}, "ab"),
        ({"country": ["RU"]}, "a"),
        ({"country": ["KZ,RU"]}, "a"),
        ({"country": ["K"]}, ""),
        ({"country": [""]}, "c"),
        ({"country": ["RU", ""]}, "ac"),
        ({"length_km": ["12.5"]}, "c"),
        ({"length_km": [""]}, "b"),
        ({"servers": ["2"]}, "b"),
        ({"servers": ["2.5"]}, ""),
        ({"directed": ["TRUE"]}, "a"),
        ({"open_from": ["2024-07-01"]}, "a"),
        ({"marks": ["y"]}, "a"),
        ({"kind": ["port"], "country": ["RU"]}, "a"),
    ],
)
def test_rows_are_chosen_by_the_values_of_columns(filters, rows):
    assert "".join(chosen_rows(FRAME, filters)["row_id"]) == rows


@pytest.mark.parametrize(
    ("filters", "words"),
    [
        ({"contry": ["KZ"]}, "there is no column 'contry'; did you mean 'country'"),
        ({"length_km": ["long"]}, "compared with 'long': not a number"),
        ({"directed": ["maybe"]}, "not true or false"),
        ({"open_from": ["July"]}, "not a date"),
    ],
)
def test_a_wrong_filter_is_refused(filters, words):
    with pytest.raises(DataError, match=words):
        chosen_rows(FRAME, filters)


def test_conditions_are_those_of_the_command():
    assert chosen_rows(FRAME, {}, ["length_km>=2"])["row_id"].to_list() == ["c"]


def test_rows_may_be_chosen_by_columns_that_are_not_shown():
    also = pl.DataFrame({"owner": ["x", "y", "x"]})
    found = chosen_rows(FRAME, {"owner": ["x"]}, also=also)
    assert found["row_id"].to_list() == ["a", "c"]
    assert found.columns == FRAME.columns


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ("*/*", "json"),
        ("text/csv", "csv"),
        ("application/geo+json", "geojson"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "json"),
        ("application/json;q=0.5, text/csv;q=0.9", "csv"),
        ("text/csv;q=0, application/json", "json"),
        ("text/csv;header=present", "csv"),
    ],
)
def test_the_format_is_what_is_accepted_most(accept, chosen):
    assert chosen_format(TableQuery(), accept).value == chosen


def test_a_format_that_is_named_wins():
    assert chosen_format(TableQuery.model_validate({"format": "csv"}), "image/png").value == "csv"


def test_no_accepted_format_is_refused():
    with pytest.raises(RefusedError, match="application/json, text/csv, application/geo"):
        chosen_format(TableQuery(), "image/png")


def test_the_plural_of_a_table():
    assert [plural(table) for table in ("node", "supply")] == ["nodes", "supplies"]


def test_json_has_the_columns_own_names_the_key_first(client):
    rows = client.get(ROWS, params={"country": "KZ"}).json()
    assert [row["link_id"] for row in rows] == ["CNALS-KZDST", "KZDST-KZSCO", "KZDST-RUMOW"]
    assert next(iter(rows[0])) == "link_id"
    assert rows[0]["country"] == "CN,KZ"
    assert rows[0]["free_speed_km_h"] is None


def test_csv_is_the_same_rows(client, small_study):
    answer = client.get(ROWS, params={"format": "csv"})
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.text == small_study.link.write_csv()


def test_geojson_puts_links_between_their_nodes(client):
    answer = client.get(ROWS, headers={"Accept": "application/geo+json"})
    assert answer.headers["Content-Type"] == "application/geo+json"
    feature = answer.json()["features"][0]
    assert feature["id"] == "CNXIA-CNALS"
    assert feature["geometry"]["coordinates"] == [[108.9, 34.3], [82.6, 45.2]]
    assert feature["properties"]["mode"] == "rail"


@pytest.mark.parametrize(
    ("table", "kind"),
    [("node", "Point"), ("terminals", "Point"), ("services", "LineString"), ("supply", "Point")],
)
def test_what_has_a_place_is_geojson(client, table, kind):
    features = client.get(f"/api/studies/small/{table}?format=geojson").json()["features"]
    assert {feature["geometry"]["type"] for feature in features} == {kind}


def test_an_event_is_where_its_element_is(client):
    features = client.get("/api/studies/small/events?format=geojson").json()["features"]
    kinds = {feature["id"]: feature["geometry"] for feature in features}
    assert kinds["storm"]["type"] == "LineString"
    assert kinds["inspections"] is None


def test_a_table_without_a_place_is_no_geojson(client):
    answer = client.get("/api/studies/small/source?format=geojson")
    assert answer.status_code == 406
    assert "no place on the map" in answer.json()["problems"][0]["message"]


def test_limit_and_offset_and_the_whole_count(client):
    answer = client.get(ROWS, params={"limit": 2, "offset": 1})
    assert [row["link_id"] for row in answer.json()] == ["CNALS-KZDST", "KZDST-KZSCO"]
    assert answer.headers["X-Total-Count"] == "12"
    assert client.get(ROWS, params={"offset": 99}).json() == []


@pytest.mark.parametrize("query", ["limit=0", "limit=x", "offset=-1", "format=xls", "where=long"])
def test_a_wrong_query_is_refused(client, query):
    answer = client.get(f"{ROWS}?{query}")
    assert answer.status_code == 422
    assert query.split("=")[0] in answer.json()["problems"][0]["message"] or "where" in query


def test_terminals_have_the_country_of_their_node(client):
    rows = client.get("/api/studies/small/terminals?country=KZ").json()
    assert rows
    assert {row["node_id"][:2] for row in rows} == {"KZ"}
    assert "country" not in rows[0]


def test_what_the_client_has_is_not_sent_again(client):
    first = client.get(ROWS)
    again = client.get(ROWS, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    other = client.get(f"{ROWS}?limit=1", headers={"If-None-Match": first.headers["ETag"]})
    assert other.status_code == 200


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip", "gzip"),
        ("br, GZIP;q=0.5", "gzip"),
        ("identity", None),
        ("gzip;q=0", None),
        ("*", "gzip"),
    ],
)
def test_long_answers_are_compressed_where_that_is_read(client, accepted, encoding):
    answer = client.get(ROWS, headers={"Accept-Encoding": accepted})
    assert answer.headers.get("Content-Encoding") == encoding
    assert len(answer.json()) == 12


def test_a_number_that_is_not_finite_is_null(app, client):
    from starlette.requests import Request

    from sogdia.web.bodies import body_response
    from sogdia.web.formats import table_body

    frame = pl.DataFrame({"element": ["a"], "wait_h": [float("inf")], "marks": [[1, 2]]})

    def rows(request: Request):
        query = TableQuery.model_validate({"format": request.query_params["format"]})
        return body_response(request, table_body(frame, request, query, version="1"))

    app.add_route("/rows", rows)
    assert client.get("/rows?format=json").json() == [
        {"element": "a", "wait_h": None, "marks": [1, 2]}
    ]
    assert client.get("/rows?format=csv").text == 'element,wait_h,marks\na,inf,"1,2"\n'
    assert client.get("/rows?format=geojson").status_code == 406


def test_a_cache_keeps_what_was_asked_for_last():
    cache, made = BodyCache(limit_bytes=25), []

    def get(name, size=10):
        def make():
            made.append(name)
            return Body.of(bytes(size), "text/plain")

        return cache.get(name, make)

    for name in ("a", "b", "a", "c", "a", "b"):
        get(name)
    assert made == ["a", "b", "c", "b"]
    get("big", 100)
    get("big", 100)
    assert made[4:] == ["big", "big"]


def test_places_of_runs_tables():
    study = study_of(
        node=places("a", "b"),
        link=[line("a", "b")],
        service=[{"service_id": "boat", "link_id": "a-b", "batch_capacity_t": 1.0}],
        terminal=[{"terminal_id": "quay", "node_id": "b"}],
    )
    frame = pl.DataFrame(
        {
            "element": ["a-b", "quay", "boat", "a", "a-b@storm", "gone", None],
            "kind": ["link", "terminal", "service", "node", "link", "link", None],
        }
    )
    found = StudyPlaces(study).of(frame)
    assert found is not None
    assert [place and place["type"] for place in found] == [
        "LineString",
        "Point",
        "LineString",
        "Point",
        "LineString",
        None,
        None,
    ]
    flows = pl.DataFrame({"origin": ["a", "a"], "destination": ["b", "gone"]})
    assert StudyPlaces(study).of(flows) == [
        {"type": "LineString", "coordinates": [(0.0, 0.0), (1.0, 0.0)]},
        None,
    ]
    assert StudyPlaces(study).of(pl.DataFrame({"corridor": ["x"]})) is None


def test_a_link_with_a_course_of_its_own_is_drawn_along_it(app, client):
    from starlette.requests import Request

    from sogdia.web.bodies import body_response
    from sogdia.web.formats import table_body

    course = "LINESTRING (0 0, 0.5 0.2, 1 0)"
    study = study_of(node=places("a", "b"), link=[line("a", "b", geometry=course)])

    def rows(request: Request):
        query = TableQuery.model_validate({"format": "geojson"})
        drawn = StudyPlaces(study)
        body = table_body(study.link, request, query, version="1", places=drawn)
        return body_response(request, body)

    app.add_route("/rows", rows)
    (feature,) = client.get("/rows").json()["features"]
    assert feature["geometry"]["coordinates"] == [[0, 0], [0.5, 0.2], [1, 0]]
    assert "geometry" not in feature["properties"]


def test_a_line_over_the_antimeridian_is_cut_there(app):
    from sogdia.web.places import line as drawn

    assert drawn([(-170.0, 10.0), (170.0, 0.0)]) == {
        "type": "MultiLineString",
        "coordinates": [[(-170.0, 10.0), (-180.0, 5.0)], [(180.0, 5.0), (170.0, 0.0)]],
    }
    assert json.dumps(drawn([(1.0, 2.0), (3.0, 4.0)]))
