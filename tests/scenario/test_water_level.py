"""Another water level: depths shift, and what vessels and their ports carry is scaled."""

from __future__ import annotations

import pytest
from tests.builders import line, places, study_of

from sogdia.errors import DataError
from sogdia.scenario import Scenario, apply
from sogdia.study import Settings, Study, WaterLevel

SEA = WaterLevel(places=("B", "C"), current_m=-29.5, full_load_m=-28.5, load_loss_per_m=0.125)
LAKE = WaterLevel(places=("D",), current_m=10.0, full_load_m=12.0, load_loss_per_m=0.2)
# By hand: at -29.5 m a vessel loads 1 - 0.125 = 0.875 of its full load, at -31.5 m
# 1 - 3 * 0.125 = 0.625, at -28 m all of it.
LOWER, LOWER_FACTOR = -31.5, 0.625 / 0.875
HIGHER, HIGHER_FACTOR = -28.0, 1 / 0.875


def waters(**levels: WaterLevel) -> Study:
    """A on land, B and C on the sea, D on the lake, E on neither."""
    study = study_of(
        node=[
            row | {"depth_m": depth_m}
            for row, depth_m in zip(
                places("A", "B", "C", "D", "E"), (None, 7.0, None, 4.0, 9.0), strict=True
            )
        ],
        link=[
            line("A", "B", mode="rail", gauge_mm=1520, capacity_kt_y=900.0),
            line("B", "C", mode="ferry"),
            line("B", "E", mode="sea"),
            line("C", "D", mode="waterway"),
            line("D", "E", mode="sea"),
        ],
        service=[
            {
                "service_id": name,
                "link_id": name,
                "batch_capacity_t": 1000.0,
                "batch_capacity_teu": 100.0 if name == "B-C" else None,
            }
            for name in ("A-B", "B-C", "B-E", "C-D", "D-E")
        ],
        terminal=[
            terminal("B", "rail", "ferry", batch_t=800.0, capacity_teu_y=60.0),
            terminal("C", "sea", "road"),
            terminal("D", "road", "waterway"),
            terminal("A", "road", "rail"),
            terminal("E", "rail", "sea"),
            terminal("B", "road", "rail") | {"terminal_id": "B-dry", "batch_t": 800.0},
        ],
    )
    return study.with_settings(Settings(name="test", base_year=2024, water_level=levels))


def terminal(node: str, start: str, end: str, **row: object) -> dict[str, object]:
    own = {"terminal_id": node, "node_id": node, "from_mode": start, "to_mode": end}
    return own | {"to_gauge_mm": None, "capacity_kt_y": 500.0} | row


def at(study: Study, **levels_m: float) -> Study:
    return apply(study, Scenario(name="x", water_level=levels_m))


def column(study: Study, table: str, name: str) -> dict[str, float | None]:
    return dict(getattr(study, table).select(f"{table}_id", name).iter_rows())


def lines_of(study: Study, **levels_m: float) -> list[str]:
    with pytest.raises(DataError) as caught:
        at(study, **levels_m)
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("level_m", "factor"), [(LOWER, LOWER_FACTOR), (HIGHER, HIGHER_FACTOR)], ids=["low", "high"]
)
def test_vessels_load_their_share(level_m: float, factor: float):
    now = at(waters(sea=SEA), sea=level_m)
    assert column(now, "service", "batch_capacity_t") == pytest.approx(
        {"A-B": 1000, "B-C": 1000 * factor, "B-E": 1000 * factor, "C-D": 1000 * factor, "D-E": 1000}
    )
    teu = column(now, "service", "batch_capacity_teu")
    assert teu.pop("B-C") == pytest.approx(100 * factor)
    assert set(teu.values()) == {None}


@pytest.mark.parametrize(
    ("level_m", "factor"), [(LOWER, LOWER_FACTOR), (HIGHER, HIGHER_FACTOR)], ids=["low", "high"]
)
def test_ports_handle_that_share(level_m: float, factor: float):
    now = at(waters(sea=SEA), sea=level_m)
    assert column(now, "terminal", "capacity_kt_y") == pytest.approx(
        {"A": 500, "B": 500 * factor, "C": 500 * factor, "D": 500, "E": 500, "B-dry": 500}
    )
    batch_t = column(now, "terminal", "batch_t")
    assert batch_t["B"] == pytest.approx(800 * factor)
    assert (batch_t["B-dry"], batch_t["C"]) == (800, None)
    assert column(now, "terminal", "capacity_teu_y")["B"] == pytest.approx(60 * factor)


def test_depths_shift_with_the_level():
    assert column(at(waters(sea=SEA), sea=LOWER), "node", "depth_m") == pytest.approx(
        {"A": None, "B": 5.0, "C": None, "D": 4.0, "E": 9.0}
    )
    assert column(at(waters(sea=SEA), sea=HIGHER), "node", "depth_m")["B"] == 8.5


def test_nothing_else_changes():
    before = waters(sea=SEA)
    now = at(before, sea=LOWER)
    for table, frame in before.frames().items():
        if table not in ("node", "service", "terminal"):
            assert getattr(now, table).equals(frame)
    assert now.node.drop("depth_m").equals(before.node.drop("depth_m"))
    assert now.link["capacity_kt_y"][0] == 900


def test_a_vessel_loads_for_the_shallower_of_its_ends():
    study = waters(sea=SEA, lake=LAKE)
    # The lake allows 1 - 2 * 0.2 = 0.6 today, less than the sea's 0.875 and its 0.625.
    low_sea = column(at(study, sea=LOWER), "service", "batch_capacity_t")
    assert low_sea["C-D"] == 1000
    assert low_sea["B-C"] == pytest.approx(1000 * LOWER_FACTOR)
    # At 11.5 m it allows 0.9: now the sea binds, with 0.875.
    high_lake = column(at(study, lake=11.5), "service", "batch_capacity_t")
    assert high_lake["C-D"] == pytest.approx(1000 * 0.875 / 0.6)
    assert high_lake["D-E"] == pytest.approx(1000 * 0.9 / 0.6)
    both = column(at(study, sea=LOWER, lake=11.5), "service", "batch_capacity_t")
    assert both["C-D"] == pytest.approx(1000 * 0.625 / 0.6)


def test_the_level_of_the_tables_changes_nothing():
    study = waters(sea=SEA, lake=LAKE)
    assert at(study, sea=-29.5).digest() == study.digest()


def test_the_study_knows_its_new_level():
    study = waters(sea=SEA, lake=LAKE)
    now = at(study, sea=LOWER)
    assert now.settings.water_level["sea"].current_m == LOWER
    assert now.settings.water_level["lake"] == LAKE
    assert study.settings.water_level["sea"] == SEA
    # so that it can be asked about yet another
    twice, once = at(now, sea=-30.5), at(study, sea=-30.5)
    assert column(twice, "service", "batch_capacity_t") == pytest.approx(
        column(once, "service", "batch_capacity_t")
    )
    assert column(twice, "node", "depth_m") == pytest.approx(column(once, "node", "depth_m"))


def test_what_a_change_writes_is_as_at_the_level_of_the_study():
    asked = {
        "change": [
            {
                "table": "service",
                "where": {"service_id": "B-E"},
                "set": {"batch_capacity_t": 2000.0},
            }
        ],
        "water_level": {"sea": LOWER},
    }
    now = apply(waters(sea=SEA), Scenario.model_validate(asked))
    assert column(now, "service", "batch_capacity_t")["B-E"] == pytest.approx(2000 * LOWER_FACTOR)


def test_a_place_that_a_scenario_removes_has_no_water():
    asked = {
        "change": [{"table": "node", "where": {"node_id": "C"}, "remove": True}],
        "water_level": {"sea": LOWER},
    }
    now = apply(waters(sea=SEA), Scenario.model_validate(asked))
    assert set(now.service["service_id"]) == {"A-B", "B-E", "D-E"}
    assert column(now, "node", "depth_m")["B"] == 5.0


@pytest.mark.parametrize(
    ("levels_m", "expected"),
    [
        (
            {"see": -30.0},
            "water_level: 'see' is not in the water levels of study.toml; nearest: 'sea'",
        ),
        (
            {"sea": -36.5},
            "water_level, sea: at -36.5 m no vessel could load; it must be above -36.5",
        ),
        (
            {"lake": 6.0},
            "water_level, lake: at 6 m 'D' would be dry, its depth_m being 4 at 10 m; it must be "
            "above 6",
        ),
    ],
)
def test_one_clear_line_for_what_is_wrong(levels_m: dict[str, float], expected: str):
    gentle = LAKE.model_copy(update={"load_loss_per_m": 0.1})
    lines = lines_of(waters(sea=SEA, lake=gentle), **levels_m)
    assert lines[0] == f"scenario 'x', {expected}"
    assert all("must be above" in other for other in lines[1:])


def test_all_problems_are_raised_together():
    lines = lines_of(waters(sea=SEA, lake=LAKE), sea=-40.0, lake=0.0, ocean=1.0, pond=2.0)
    assert [line.split(": ")[0] for line in lines] == [
        "scenario 'x', water_level",
        "scenario 'x', water_level",
        "scenario 'x', water_level, sea",
        "scenario 'x', water_level, sea",
        "scenario 'x', water_level, lake",
        "scenario 'x', water_level, lake",
    ]


def test_a_study_without_water_levels_says_so():
    assert lines_of(waters(), sea=-30.0) == [
        "scenario 'x', water_level: the study has no water levels; its study.toml gives them"
    ]
