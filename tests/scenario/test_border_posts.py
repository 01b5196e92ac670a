"""A crossing whose border terminals do not work is not passed; one without any is open."""

from datetime import date

import pytest
from tests.builders import line, places, study_of

from sogdia.scenario import Scenario, periods, study_at


def links(*closed, posts=("box", "wagon"), mode="rail", **post):
    """Links left between two countries when some border terminals are closed."""
    terminal = {
        "node_id": "B",
        "operation": "border",
        "neighbour": "CN",
        "from_mode": "rail",
        "to_mode": "rail",
        "from_gauge_mm": 1435,
        "to_gauge_mm": 1435,
    }
    event = {"element_kind": "terminal", "from_date": date(2024, 1, 1)}
    study = study_of(
        node=[*places("A", country="CN"), *places("B", "C", country="KZ")],
        link=[
            line("A", "B", mode=mode, gauge_mm=1435),
            line("B", "C", mode="rail", gauge_mm=1435),
        ],
        terminal=[terminal | {"terminal_id": name} | post for name in posts],
        event=[event | {"element_id": name} for name in closed],
    )
    (period,) = periods(study, Scenario(name="as-is"), 2024)
    return study_at(study, period, 2024).link["link_id"].to_list()


@pytest.mark.parametrize(
    ("closed", "left"),
    [
        ((), ["A-B", "B-C"]),
        (("box",), ["A-B", "B-C"]),
        (("box", "wagon"), ["B-C"]),
    ],
)
def test_the_last_border_terminal_takes_the_crossing_with_it(closed, left):
    assert links(*closed) == left


def test_a_crossing_of_another_mode_stays():
    assert links("box", "wagon", mode="road") == ["A-B", "B-C"]


def test_a_crossing_to_another_neighbour_stays():
    assert links("box", "wagon", neighbour="KG") == ["A-B", "B-C"]


def test_a_crossing_that_never_had_one_is_open():
    assert links(posts=()) == ["A-B", "B-C"]
