"""Places as people write them."""

import math

import numpy as np
import pytest
from tests.builders import places, study_of

from sogdia.errors import DataError
from sogdia.routing.names import fold, fold_bare
from sogdia.routing.place import EARTH_RADIUS_KM, find_place, great_circle_km
from sogdia.study.load import load


@pytest.fixture(scope="module")
def eurasia():
    return load("eurasia").node


def nodes(*rows):
    """A node table: an id, and whatever else is said of it."""
    named = [{"node_id": key, "name": key} | more for key, more in rows]
    return study_of(node=named).node


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("KZDOS", "KZDOS"),
        ("kzdos", "KZDOS"),
        ("CNSIA", "CNXIA"),
        ("CN SIA", "CNXIA"),
        ("Xi'an", "CNXIA"),
        ("Xi’an", "CNXIA"),
        ("XIAN", "CNXIA"),
        ("西安", "CNXIA"),
        (" Duisburg ", "DEDUI"),
        ("Małaszewicze", "PLMAL"),
        ("Ürümqi", "CNURC"),
        ("U\u0308ru\u0308mqi", "CNURC"),
        ("Constanța", "ROCND"),
        ("Алматы", "KZALA"),
        ("Достык", "KZDOS"),
        ("Хоргос", "CNHOR"),  # noqa: RUF001
        ("Алтынколь", "KZALT"),
        ("Khorgos Gateway", "KZALT"),
        ("Baku", "AZBAK"),
        ("Alat", "AZALA"),
        ("Milan", "ITMZO"),
        ("Horgos", "CNHOR"),
        ("Malaszew", "PLMAL"),
    ],
)
def test_a_place_goes_by_its_id_its_locode_and_its_names(eurasia, asked, found):
    place = find_place(eurasia, asked)
    assert place.node_id == found
    assert place.asked == asked
    assert place.access_km == 0.0


def test_a_place_has_what_its_row_says(eurasia):
    place = find_place(eurasia, "Almaty")
    assert (place.name, place.country) == ("Almaty-1", "KZ")
    assert (place.longitude, place.latitude) == (76.95, 43.34)


def test_letters_of_any_script_are_compared_in_latin():
    assert fold("Øresund, Łódź & Straße") == "oresund lodz strasse"
    assert fold("Ṣaḥrā") == "sahra"
    assert fold_bare("Baku (city: Keshla) [AZ]") == "baku"
    assert fold("…") == ""


def test_every_place_of_the_study_is_found_by_its_full_name(eurasia):
    for node_id, name in eurasia.select("node_id", "name").iter_rows():
        assert find_place(eurasia, name).node_id == node_id, name


def test_an_id_goes_before_a_locode_and_a_locode_before_a_name():
    node = nodes(
        ("AAAAA", {"name": "CCCCC"}),
        ("B", {"unlocode": "AAAAA"}),
        ("C", {"unlocode": "CCCCC"}),
    )
    assert find_place(node, "AAAAA").node_id == "AAAAA"
    assert find_place(node, "CCCCC").node_id == "C"


def test_an_exact_name_goes_before_a_beginning_and_a_first_word_before_others():
    node = nodes(
        ("A", {"name": "Port"}),
        ("B", {"name": "Port Said"}),
        ("C", {"name": "Old Said"}),
        ("D", {"name": "Said Bay"}),
    )
    assert find_place(node, "port").node_id == "A"
    assert find_place(node, "said").node_id == "D"


def test_a_name_in_full_tells_apart_what_differs_in_brackets():
    node = nodes(("A", {"name": "Khorgos (CN)"}), ("B", {"name": "Khorgos (KZ)"}))
    assert find_place(node, "Khorgos (KZ)").node_id == "B"
    with pytest.raises(DataError) as caught:
        find_place(node, "Khorgos")
    assert str(caught.value) == (
        "'Khorgos' may be any of Khorgos (CN) (A), Khorgos (KZ) (B); name one by its id"
    )


def test_of_several_places_one_that_takes_the_goods_is_meant():
    node = nodes(
        ("A", {"name": "Brest"}), ("B", {"name": "Brest"}), ("C", {"name": "Brest Litovsk"})
    )
    assert find_place(node, "Brest", served={"B", "C"}).node_id == "B"
    assert find_place(node, "Brest Litovsk", served={"A"}).node_id == "C"
    for served in (set(), {"C"}, {"A", "B"}):
        with pytest.raises(DataError, match=r"Brest \(A\), Brest \(B\);"):
            find_place(node, "Brest", served=served)


def test_a_long_list_is_cut_short():
    node = nodes(*((f"P{number}", {"name": f"Port {number}"}) for number in range(9)))
    with pytest.raises(DataError, match=r"Port 5 \(P5\) and 3 more; name one by its id"):
        find_place(node, "port")


def test_a_node_without_a_name_is_called_by_its_id():
    node = nodes(("Samarkand", {"name": None}))
    assert find_place(node, "samarkand").name == "Samarkand"


def test_an_unknown_name_is_answered_with_the_nearest(eurasia):
    with pytest.raises(DataError) as caught:
        find_place(eurasia, "Dostky")
    assert str(caught.value) == (
        "there is no place 'Dostky' in the study; nearest: Dostyk (KZDOS), Rostock (DERSK), "
        "Omsk (RUOMS); give an id, a UN/LOCODE, a name, or coordinates such as 48.1,11.5"
    )


def test_nothing_near_is_nothing_said(eurasia):
    with pytest.raises(DataError, match="there is no place 'zzzzzzzz' in the study; give an id"):
        find_place(eurasia, "zzzzzzzz")
    with pytest.raises(DataError, match="the name of a place is empty; give an id"):
        find_place(eurasia, " ")
    with pytest.raises(DataError, match=r"there is no place '\?'"):
        find_place(eurasia, "?")


@pytest.mark.parametrize(
    ("asked", "longitude", "latitude"),
    [
        ("48.1,11.5", 11.5, 48.1),
        ("48.1, 11.5", 11.5, 48.1),
        ("48.1 11.5", 11.5, 48.1),
        ("48.1N 11.5E", 11.5, 48.1),
        ("48.1°N, 11.5°E", 11.5, 48.1),
        ("34.8s 18.3w", -18.3, -34.8),
        ("-34.8,-18.3", -18.3, -34.8),
        ("−34.8, −18.3", -18.3, -34.8),
        ("+90,-180", -180, 90),
    ],
)
def test_coordinates_are_latitude_and_longitude(eurasia, asked, longitude, latitude):
    place = find_place(eurasia, asked)
    assert (place.longitude, place.latitude) == (longitude, latitude)
    assert place.asked == asked


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("91,0", "coordinates '91,0' have a latitude of 91, which is not between -90 and 90"),
        ("0,180.1", "have a longitude of 180.1, which is not between -180 and 180"),
        ("-90.5,0", "a latitude of -90.5"),
        ("108.9,34.3", "latitude comes first"),
        ("-48S 11E", "have a sign and a letter; give one of them"),
        ("11.5E 48.1N", "there is no place"),
        ("nan,nan", "there is no place"),
    ],
)
def test_wrong_coordinates_are_refused(eurasia, asked, said):
    with pytest.raises(DataError) as caught:
        find_place(eurasia, asked)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_coordinates_are_taken_to_the_nearest_place_that_takes_the_goods():
    node = study_of(node=places("A", "B", "C")).node
    near = find_place(node, "0.5, 1")
    assert near.node_id == "B"
    # Half a degree of latitude, by the circumference of the Earth of 40,030 km.
    assert near.access_km == pytest.approx(40030.2 / 720, rel=1e-4)
    assert find_place(node, "0.5, 1", served={"A", "C"}).node_id == "A"
    assert find_place(node, "0, 2").access_km == 0.0
    with pytest.raises(DataError, match="no place of the study can take these goods"):
        find_place(node, "0, 2", served=set())


def test_the_nearest_place_may_lie_behind_the_antimeridian_or_the_pole():
    node = nodes(
        ("fiji", {"x_coord": 178.0, "y_coord": -17.0}),
        ("samoa", {"x_coord": -172.0, "y_coord": -14.0}),
        ("svalbard", {"x_coord": 15.0, "y_coord": 78.0}),
        ("wrangel", {"x_coord": -180.0, "y_coord": 71.0}),
    )
    assert find_place(node, "-17,-179").node_id == "fiji"
    assert find_place(node, "89,-165").node_id == "svalbard"
    assert find_place(node, "90,0").node_id == find_place(node, "90,180").node_id == "svalbard"
    assert find_place(node, "71,180").access_km == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize(
    ("ends", "km"),
    [
        # Distances as published, rounded: JFK-LHR 5,540 km, Sydney-Tokyo 7,820 km.
        ((-73.7789, 40.6398, -0.4614, 51.4706), 5540),
        ((151.1772, -33.9461, 139.7811, 35.5533), 7820),
    ],
)
def test_great_circles_between_cities(ends, km):
    assert great_circle_km(*ends) == pytest.approx(km, rel=3e-3)


def test_great_circles_of_simple_geometry():
    quarter = math.pi / 2 * EARTH_RADIUS_KM
    assert great_circle_km(0, 0, 0, 90) == pytest.approx(quarter)
    assert great_circle_km(0, 0, 180, 0) == pytest.approx(2 * quarter)
    assert great_circle_km(0, -90, 123, 90) == pytest.approx(2 * quarter)
    assert great_circle_km(30, 90, -150, 90) == pytest.approx(0.0, abs=1e-6)
    assert great_circle_km(179, 10, -179, 10) == pytest.approx(great_circle_km(-1, 10, 1, 10))
    assert great_circle_km(12.3, 45.6, 12.3, 45.6) == 0.0


def test_great_circles_agree_with_the_angle_between_vectors():
    rng = np.random.default_rng(1)
    lon = rng.uniform(-180, 180, (2, 200))
    lat = rng.uniform(-90, 90, (2, 200))
    x, y = np.radians(lon), np.radians(lat)
    ends = np.stack([np.cos(y) * np.cos(x), np.cos(y) * np.sin(x), np.sin(y)])
    angle = np.arccos((ends[:, 0] * ends[:, 1]).sum(axis=0))
    assert great_circle_km(lon[0], lat[0], lon[1], lat[1]) == pytest.approx(angle * EARTH_RADIUS_KM)


def test_distances_broadcast():
    assert great_circle_km(0.0, 0.0, np.zeros(3), np.arange(3.0)).shape == (3,)
