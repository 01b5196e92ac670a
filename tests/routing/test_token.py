"""What a request may name."""

import pytest
from tests.builders import line, study_of

from sogdia.errors import DataError
from sogdia.routing.token import find_token, operators_of
from sogdia.study.countries import COUNTRY_CODES
from sogdia.study.country_names import COUNTRY_CODE_BY_NAME, COUNTRY_NAMES
from sogdia.study.load import load


@pytest.fixture(scope="module")
def eurasia():
    return load("eurasia")


@pytest.mark.parametrize(
    ("asked", "kind", "key"),
    [
        ("RU", "country", "RU"),
        ("ru", "country", "RU"),
        ("Russia", "country", "RU"),
        ("Russian Federation", "country", "RU"),
        ("Turkey", "country", "TR"),
        ("türkiye", "country", "TR"),
        ("Georgia", "country", "GE"),
        ("US", "country", "US"),
        ("CN-KZ@Dostyk", "crossing", "CN-KZ@KZDOS"),
        ("CN-KZ@KZDOS", "crossing", "CN-KZ@KZDOS"),
        ("kz-cn@достык", "crossing", "CN-KZ@KZDOS"),
        ("CN-KZ@Alashankou", "crossing", "CN-KZ@CNALS"),
        ("CN-KZ@Khorgos", "crossing", "CN-KZ@CNHOR"),
        ("BY-PL@Małaszewicze", "crossing", "BY-PL@PLMAL"),
        ("mode:sea", "mode", "sea"),
        ("sea", "mode", "sea"),
        ("Rail", "mode", "rail"),
        ("road", "mode", "road"),
        ("corridor:road", "corridor", "road"),
        ("titr", "corridor", "titr"),
        ("TITR", "corridor", "titr"),
        ("sea-suez", "corridor", "sea-suez"),
        ("Sea by Suez", "corridor", "sea-suez"),
        ("suez", "place", "EGSUZ"),
        ("Suez", "place", "EGSUZ"),
        ("EGSUZ", "place", "EGSUZ"),
        ("Bosporus", "place", "TRBOS"),
        ("Xi'an", "place", "CNXIA"),
        ("CNSIA", "place", "CNXIA"),
        ("place:Dostyk", "place", "KZDOS"),
        ("ASCO", "operator", "ASCO"),
        ("asco", "operator", "ASCO"),
        ("turkmen mmf", "operator", "Turkmen MMF"),
        ("kuryk-alat-ferry", "service", "kuryk-alat-ferry"),
        ("KZKUR-AZALA-ferry", "link", "KZKUR-AZALA-ferry"),
        ("KZDOS-border-CN-box", "terminal", "KZDOS-border-CN-box"),
        ("terminal:kzdos-border-cn-box", "terminal", "KZDOS-border-CN-box"),
    ],
)
def test_what_is_named_is_found(eurasia, asked, kind, key):
    token = find_token(eurasia, asked)
    assert (token.asked, token.kind, token.id) == (asked, kind, key)


@pytest.mark.parametrize(
    ("asked", "label"),
    [
        ("RU", "Russia"),
        ("CN-KZ@Dostyk", "border CN-KZ at Dostyk"),
        ("mode:sea", "sea"),
        ("sea-suez", "Sea by Suez"),
        ("EGSUZ", "Suez Canal"),
        ("kuryk-alat-ferry", "Rail ferry Kuryk-Alat"),
        ("KZKUR-AZALA-ferry", "KZKUR-AZALA-ferry"),
        ("asco", "ASCO"),
    ],
)
def test_what_is_named_has_a_label(eurasia, asked, label):
    assert find_token(eurasia, asked).label == label


def test_countries_go_first_and_names_of_places_last():
    study = study_of(
        node=[
            {"node_id": "A", "name": "Asco", "country": "KZ"},
            {"node_id": "rail", "name": "north"},
            {"node_id": "B", "name": "ferry", "country": "CN"},
        ],
        link=[line("A", "B", link_id="asco"), line("B", "A", link_id="north")],
        service=[{"service_id": "asco-1", "link_id": "asco", "operator": "ASCO", "name": None}],
        corridor=[{"corridor_id": "north", "name": "Northern route", "priority": 1}],
    )
    kinds = {text: find_token(study, text).kind for text in ("KZ", "rail", "ferry", "north")}
    assert kinds == {"KZ": "country", "rail": "mode", "ferry": "mode", "north": "corridor"}
    assert find_token(study, "asco").kind == "link"
    assert find_token(study, "operator:asco").kind == "operator"
    assert find_token(study, "place:asco").id == "A"
    assert find_token(study, "link:north").id == "north"
    assert find_token(study, "asco-1").label == "asco-1"


def test_every_operator_of_a_joint_service_is_known(eurasia):
    assert operators_of("Turkmen MMF, ADY Container") == ("Turkmen MMF", "ADY Container")
    assert operators_of("ASCO and others") == ("ASCO",)
    assert operators_of(None) == ()
    for text in eurasia.service["operator"].unique():
        for name in operators_of(text):
            assert find_token(eurasia, name).kind == "operator"


def test_a_crossing_is_where_the_countries_meet_over_land(eurasia):
    with pytest.raises(DataError) as caught:
        find_token(eurasia, "KZ-CN@Moscow")
    assert "no crossing of CN and KZ there; it has Alashankou (CNALS), " in str(caught.value)
    with pytest.raises(DataError, match="no line over land joins AZ and KZ in the study; these"):
        find_token(eurasia, "KZ-AZ@Aktau")


def test_rows_that_an_event_split_go_by_their_own_id():
    study = study_of(
        node=[{"node_id": "A"}, {"node_id": "B"}],
        link=[line("A", "B", link_id="way@event-1"), line("A", "B", link_id="way")],
    )
    assert find_token(study, "way").id == "way"


@pytest.mark.parametrize(
    ("asked", "near"),
    [
        ("Dostky", "nearest: Dostyk (place KZDOS), "),
        ("Rusia", "nearest: Russia (country RU), "),
        ("tiir", "(corridor titr)"),
        ("ferri", "ferry (mode)"),
        ("Ukrfery", "Ukrferry (operator)"),
        ("kuryk-alat-fery", "kuryk-alat-ferry (service)"),
        ("mode:see", "nearest: sea (mode); "),
    ],
)
def test_the_unknown_is_answered_with_what_is_near(eurasia, asked, near):
    with pytest.raises(DataError) as caught:
        find_token(eurasia, asked)
    said = str(caught.value)
    assert said.startswith(f"{asked!r} names nothing in the study; nearest: ")
    assert near in said
    assert said.endswith("terminals and modes (rail, sea, ferry, road, waterway, pipeline, air)")


def test_nothing_is_nothing(eurasia):
    with pytest.raises(DataError, match="'' names nothing; accepted are countries, "):
        find_token(eurasia, "")
    with pytest.raises(DataError, match="'qqqqqqq' names nothing in the study; accepted are"):
        find_token(eurasia, "qqqqqqq")


def test_several_places_of_one_name_are_listed():
    study = study_of(node=[{"node_id": key, "name": "Khorgos"} for key in "AB"])
    with pytest.raises(DataError, match=r"may be any of Khorgos \(A\), Khorgos \(B\)"):
        find_token(study, "khorgos")


def test_every_country_has_a_name():
    assert COUNTRY_NAMES.keys() == COUNTRY_CODES
    assert set(COUNTRY_CODE_BY_NAME.values()) == COUNTRY_CODES
    assert len(set(COUNTRY_NAMES.values())) == len(COUNTRY_CODES)
