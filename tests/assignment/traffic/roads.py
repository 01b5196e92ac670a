"""Small studies of roads, made in memory."""

from __future__ import annotations

from typing import Any

from tests.builders import study_of

from sogdia.assignment import TrafficResult, assign
from sogdia.scenario import Scenario
from sogdia.study import Study

BPR = {"delay": "bpr", "alpha": 0.15, "beta": 4.0}
CAR = {"class_id": "car", "pce": 1.0}


def solve(study: Study, scenario: Scenario | None = None, **asked: Any) -> TrafficResult:
    """Assign the trips of a study."""
    result = assign(study, scenario, **asked)
    assert isinstance(result, TrafficResult)
    return result


def road(start: str, end: str, time_h: float, **row: Any) -> dict[str, Any]:
    """One directed link and its row of table road; ``link_id`` names it if it is not its ends."""
    return {"from_node_id": start, "to_node_id": end, "time_h": time_h} | row


def road_study(
    roads: list[dict[str, Any]],
    trips: dict[tuple[str, str], float] | list[dict[str, Any]],
    *,
    classes: list[dict[str, Any]] | None = None,
    closed: tuple[str, ...] = (),
) -> Study:
    """Make a study whose every node is a zone of its name; times are in h.

    Parameters
    ----------
    roads : list of dict
        As `road` makes them; what is no column of link goes to table road.
    trips : dict or list of dict
        Cars from zone to zone, or rows of table trip.
    classes : list of dict, optional
        Rows of table user_class; by default cars.
    closed : tuple of str
        Nodes that trips may not pass.
    """
    nodes = dict.fromkeys(row[end] for row in roads for end in ("from_node_id", "to_node_id"))
    links, rows = [], []
    of_link = ("from_node_id", "to_node_id", "time_h", "length_km", "directed", "open_from")
    for row in roads:
        link_id = row.get("link_id", f"{row['from_node_id']}-{row['to_node_id']}")
        link = {name: row[name] for name in of_link if name in row}
        links.append({"length_km": 1.0, "mode": "road", "link_id": link_id} | link)
        rest = {name: row[name] for name in row if name not in (*of_link, "link_id")}
        rows.append({"link_id": link_id, "delay": "constant"} | rest)
    if isinstance(trips, dict):
        trips = [
            {"origin_zone_id": start, "destination_zone_id": end, "class_id": "car", "trips": q}
            for (start, end), q in trips.items()
        ]
    study = study_of(
        node=[
            {"node_id": name, "zone_id": name, "through": name not in closed, "x_coord": float(at)}
            for at, name in enumerate(nodes)
        ],
        link=links,
        road=rows,
        user_class=classes or [CAR],
        trip=trips,
        commodity=[],
    )
    return study.with_settings(study.settings.model_copy(update={"base_year": None}))


def braess(trips: float = 6.0) -> Study:
    """Return Braess's network (1968): 10 x, 50 + x, 10 + x; in equilibrium 2 trips each way."""
    return road_study(
        [
            road("s", "a", 1e-6, delay="bpr", alpha=1e7, beta=1.0, capacity_trips=1.0),
            road("b", "t", 1e-6, delay="bpr", alpha=1e7, beta=1.0, capacity_trips=1.0),
            road("s", "b", 50.0, delay="bpr", alpha=0.02, beta=1.0, capacity_trips=1.0),
            road("a", "t", 50.0, delay="bpr", alpha=0.02, beta=1.0, capacity_trips=1.0),
            road("a", "b", 10.0, delay="bpr", alpha=0.1, beta=1.0, capacity_trips=1.0),
        ],
        {("s", "t"): trips},
    )


def grid(size: int = 4, **road_columns: Any) -> Study:
    """Return a square grid, streets both ways, trips between all corners and the middle."""
    streets = []
    columns = {"capacity_trips": 100.0, **BPR, "directed": False} | road_columns
    for row in range(size):
        for column in range(size):
            here = f"n{row}{column}"
            time_h = 1.0 + ((3 * row + 5 * column) % 7) / 10.0
            if column + 1 < size:
                streets.append(road(here, f"n{row}{column + 1}", time_h, **columns))
            if row + 1 < size:
                streets.append(road(here, f"n{row + 1}{column}", 1.1 * time_h, **columns))
    last = size - 1
    ends = ["n00", f"n0{last}", f"n{last}0", f"n{last}{last}", "n11"]
    trips = {
        (start, end): 40.0 + 7.0 * (i + 2 * j)
        for i, start in enumerate(ends)
        for j, end in enumerate(ends)
        if i != j
    }
    return road_study(streets, trips)
