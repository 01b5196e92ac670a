"""Water levels in study.toml: what vessels load at them, and what is wrong with them in words."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from sogdia.errors import DataError
from sogdia.study import Study, WaterLevel
from sogdia.study.load import load, save

CASPIAN = """
[water_level.caspian]
title = "Caspian"
places = ["KZSCO", "AZALT"]
current_m = -29.5
full_load_m = -28.5
load_loss_per_m = 0.125
source_id = "made-up"
"""
BLACK_SEA = """
[water_level.black-sea]
places = ["GEPTI"]
current_m = 0
full_load_m = 0
load_loss_per_m = 0
"""


def with_levels(folder: Path, text: str) -> Path:
    path = folder / "study.toml"
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")
    return folder


def lines_of(folder: Path) -> list[str]:
    with pytest.raises(DataError) as caught:
        load(folder)
    return [str(problem) for problem in caught.value.problems]


def level(**values: object) -> WaterLevel:
    given = {"places": ["A"], "current_m": -29.5, "full_load_m": -28.3, "load_loss_per_m": 0.135}
    return WaterLevel.model_validate(given | values)


@pytest.mark.parametrize(
    ("level_m", "share"),
    [
        (-20.0, 1.0),
        (-28.3, 1.0),
        (-29.3, 0.865),
        (-29.5, 0.838),
        (-30.3, 0.73),
        (-35.7, 0.0003),
        (-35.8, 0.0),
        (-100.0, 0.0),
    ],
)
def test_the_load_falls_in_a_straight_line_below_the_full_level(level_m: float, share: float):
    assert level().load_share(level_m) == pytest.approx(share, abs=1e-3)


def test_the_level_at_which_nothing_is_loaded():
    assert level().load_share(level().no_load_m) == pytest.approx(0.0, abs=1e-12)
    assert level(load_loss_per_m=0.0).no_load_m == -math.inf
    assert level(load_loss_per_m=0.0).load_share(-1e6) == 1.0


def test_levels_are_loaded_and_saved(small_copy: Path, tmp_path: Path):
    study = load(with_levels(small_copy, CASPIAN + BLACK_SEA))
    caspian = study.settings.water_level["caspian"]
    assert caspian.places == ("KZSCO", "AZALT")
    assert (caspian.current_m, caspian.full_load_m, caspian.load_loss_per_m) == (
        -29.5,
        -28.5,
        0.125,
    )
    assert study.settings.water_level["black-sea"].source_id is None
    save(study, tmp_path / "again")
    again = load(tmp_path / "again")
    assert again.settings == study.settings
    assert again.digest() == study.digest()


def test_the_digest_sees_the_levels(small_study: Study, small_copy: Path):
    one = load(with_levels(small_copy, CASPIAN)).digest()
    assert small_study.settings.water_level == {}
    assert one != small_study.digest()


WRONG = {
    '"KZSCO", "AZALT"': [
        (
            '"KZSCX", "AZALT"',
            "places, item 1: 'KZSCX' is not in node.csv column node_id; nearest: 'KZSCO'",
        ),
        ('"KZSCO", "KZSCO"', "places, item 2: 'KZSCO' is already a place of 'caspian'"),
        ('"KZSCO", ""', "places, item 2: '': string should have at least 1 character"),
    ],
    'source_id = "made-up"': [
        (
            'source_id = "made-upp"',
            "source_id: 'made-upp' is not in source.csv column source_id; nearest: 'made-up'",
        ),
        ('source = "made-up"', "source: not a known key; nearest: source_id"),
    ],
    "load_loss_per_m = 0.125": [
        (
            "load_loss_per_m = 12.5",
            "load_loss_per_m: 12.5: input should be less than or equal to 1",
        ),
        (
            "load_loss_per_m = -0.1",
            "load_loss_per_m: -0.1: input should be greater than or equal to 0",
        ),
        ("", "load_loss_per_m: is missing"),
    ],
    "current_m = -29.5": [
        ('current_m = "low"', "current_m: 'low': input should be a valid number"),
        ("current_m = nan", "current_m: nan: input should be a finite number"),
        ("current_m = -inf", "current_m: -inf: input should be a finite number"),
    ],
}


@pytest.mark.parametrize(
    ("old", "new", "expected"), [(old, *case) for old, cases in WRONG.items() for case in cases]
)
def test_one_clear_line_for_what_is_wrong(small_copy: Path, old: str, new: str, expected: str):
    assert old in CASPIAN
    with_levels(small_copy, CASPIAN.replace(old, new, 1))
    assert lines_of(small_copy) == [f"study.toml: water_level, caspian, {expected}"]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('["KZSCO", "AZALT"]', "[]", "places names no node"),
        (
            "-29.5",
            "-36.5",
            "at current_m (-36.5) no vessel could load; it must be above -36.5",
        ),
    ],
)
def test_a_level_that_means_nothing_is_refused(small_copy: Path, old: str, new: str, expected: str):
    with_levels(small_copy, CASPIAN.replace(old, new, 1))
    assert lines_of(small_copy) == [f"study.toml: water_level, caspian: {expected}"]


def test_a_place_follows_one_level(small_copy: Path):
    with_levels(small_copy, CASPIAN + BLACK_SEA.replace("GEPTI", "AZALT"))
    assert lines_of(small_copy) == [
        "study.toml: water_level, black-sea, places, item 1: 'AZALT' is already a place of "
        "'caspian'"
    ]


def test_all_problems_are_raised_together(small_copy: Path):
    text = CASPIAN.replace("KZSCO", "KZSCX").replace('"made-up"', '"nowhere"')
    path = with_levels(small_copy, text) / "link.csv"
    rows = path.read_text(encoding="utf-8")
    path.write_text(rows.replace(",3400,", ",-1,", 1), encoding="utf-8")
    lines = lines_of(small_copy)
    assert [line.split(":")[0] for line in lines] == [
        "link.csv, row 2, column length_km",
        "study.toml",
        "study.toml",
    ]


def test_without_the_table_the_places_are_not_reported_on_top(small_copy: Path):
    with_levels(small_copy, CASPIAN)
    (small_copy / "node.csv").unlink()
    assert lines_of(small_copy) == ["node.csv: the file is missing"]
