"""The network of one day: dates, hours, departures, queues and weather, worked out by hand."""

from datetime import date
from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from tests.builders import GOODS, line, places, study_of

from sogdia.errors import DataError
from sogdia.routing.planner import Planner
from sogdia.routing.restriction import HORIZON_H
from sogdia.routing.snapshot import snapshot
from sogdia.scenario import Rule, Scenario

AS_IS = Scenario(name="as-is")
MONDAY, WEDNESDAY, SUNDAY = date(2024, 7, 1), date(2024, 7, 3), date(2024, 7, 7)
JUST_LATE_H = 1e-5
"""Who comes as a ship leaves still catches it."""


def here(snap, row_id):
    """The arcs of a row of a table, by number."""
    return np.flatnonzero(snap.network.arc["row_id"].to_numpy() == row_id)


def chain(**tables):
    """A - B - C by road, each in a country of its own."""
    countries = {"A": "AT", "B": "BE", "C": "CH"}
    nodes = [row | {"country": countries[row["node_id"]]} for row in places(*countries)]
    return study_of(node=nodes, link=[line("A", "B"), line("B", "C")], **tables)


def event(first, last, **row):
    named = {"event_id": "wall", "name": "Wall", "from_date": first, "until_date": last}
    return named | {"element_kind": "link", "element_id": "B-C"} | row


def request_of(study, scenario=AS_IS, day=MONDAY):
    return Planner(study, scenario, depart=day).request("A", "C", "goods")


def closed_spans(request, row_id):
    """When the arc of a row is shut, since departure; always, if it is masked."""
    (arc,) = here(request.snap, row_id)
    if request.closed[arc]:
        return "always"
    mine = slice(*request.windows.first[arc : arc + 2])
    return list(zip(request.windows.start[mine], request.windows.end[mine], strict=True))


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        # under way at departure, to the end of 3 July
        (date(2024, 6, 1), date(2024, 7, 3), [(-30 * 24.0, 3 * 24.0)]),
        (date(2024, 6, 1), date(2024, 7, 1), [(-30 * 24.0, 24.0)]),
        (date(2024, 6, 1), date(2024, 6, 30), []),
        # still to come
        (date(2024, 7, 11), date(2024, 7, 11), [(240.0, 264.0)]),
        (date(2024, 7, 11), None, [(240.0, np.inf)]),
        (date(2024, 7, 11), date(2026, 1, 1), [(240.0, np.inf)]),
        (date(2025, 8, 1), None, []),
        # as long as any trip
        (date(2024, 6, 1), None, "always"),
        (date(2024, 7, 1), date(2026, 1, 1), "always"),
    ],
)
def test_a_closure_is_a_window_or_a_mask_as_its_dates_say(first, last, expected):
    request = request_of(chain(event=[event(first, last)]))
    assert closed_spans(request, "B-C") == expected
    assert closed_spans(request, "A-B") == []


def test_what_did_not_happen_or_concerns_others_closes_nothing():
    other = {"commodity_id": "other", "name": "other", "use": "container"}
    for row in ({"happened": False}, {"uses": "container"}):
        study = chain(event=[event(MONDAY, None, **row)], commodity=[GOODS, other])
        assert closed_spans(request_of(study), "B-C") == []
    study = chain(event=[event(MONDAY, None, uses="bulk,container")], commodity=[GOODS, other])
    assert closed_spans(request_of(study), "B-C") == "always"


@pytest.mark.parametrize(
    ("kind", "element", "shut"),
    [("node", "B", ["A-B", "B-C"]), ("country", "CH", ["B-C"]), ("link", "A-B", ["A-B"])],
)
def test_a_closure_shuts_all_that_bears_the_place(kind, element, shut):
    row = event(MONDAY, date(2024, 7, 2), element_kind=kind, element_id=element)
    request = request_of(chain(event=[row]))
    for link in ("A-B", "B-C"):
        assert closed_spans(request, link) == ([(0.0, 48.0)] if link in shut else [])


def test_a_closure_is_told_by_its_name_and_dates():
    study = chain(event=[event(MONDAY, date(2024, 7, 2)), event(MONDAY, None, event_id="other")])
    labels = [one.label for one in request_of(study).restrictions]
    assert labels == [
        "event 'Wall' (B-C closed from 2024-07-01 to 2024-07-02)",
        "event 'Wall' (B-C closed from 2024-07-01)",
    ]


@pytest.mark.parametrize(
    ("dates", "expected"),
    [
        ({}, "always"),
        ({"start": MONDAY}, "always"),
        ({"start": date(2024, 7, 6)}, [(120.0, np.inf)]),
        ({"end": date(2024, 7, 6)}, [(-np.inf, 144.0)]),
        ({"start": date(2024, 7, 3), "end": date(2024, 7, 3)}, [(48.0, 72.0)]),
        ({"end": date(2024, 6, 30)}, []),
    ],
)
def test_a_rule_holds_from_its_first_day_to_its_last(dates, expected):
    rule = Rule(places=("B",), name="no B", **dates)
    request = request_of(chain(), Scenario(name="ruled", rule=(rule,)))
    assert closed_spans(request, "A-B") == closed_spans(request, "B-C") == expected
    assert [one.label for one in request.restrictions] == ["rule 'no B'"] * bool(expected)


def ship(name="boat", **row):
    return {"service_id": name, "link_id": "A-B", "batch_capacity_t": 1e3} | row


def sea(*services, day=MONDAY, event=(), commodity=(GOODS,), **options):
    """A sea crossed by services."""
    study = study_of(
        node=places("A", "B", "C"),
        link=[line("A", "B", mode="sea", directed=False), line("A", "C")],
        service=list(services),
        event=list(event),
        commodity=list(commodity),
    )
    return snapshot(study, AS_IS, day, **options)


def test_without_one_of_its_services_a_link_has_longer_headways():
    """Three and four departures a week: every 24 h, and without the four every 56 h."""
    both = sea(ship("often", departures_week=4.0), ship("seldom", departures_week=3.0))
    assert both.headway_h[here(both, "often|seldom")].tolist() == pytest.approx([24.0, 24.0])
    one = sea(
        ship("often", departures_week=4.0),
        ship("seldom", departures_week=3.0),
        without_services=frozenset(["often"]),
    )
    assert one.headway_h[here(one, "seldom")].tolist() == pytest.approx([56.0, 56.0])
    assert one.departure_wait_h[here(one, "seldom")].tolist() == pytest.approx([28.0, 28.0])
    assert one.moving_h[here(one, "seldom")].tolist() == pytest.approx([10.0, 10.0])


def test_without_its_last_service_a_link_is_gone():
    none = sea(ship("often"), ship("seldom"), without_services=frozenset(["often", "seldom"]))
    assert none.study.link["link_id"].to_list() == ["A-C"]
    assert "service" not in none.network.arc["kind"].to_list()


def test_a_service_that_an_event_split_is_left_out_in_both_parts():
    box = {"commodity_id": "box", "name": "box", "use": "container"}
    slow = event(date(2024, 1, 1), None, element_id="A-B", effect="time", factor=2.0)
    cut = {"event": [slow | {"uses": "container"}], "commodity": [GOODS, box]}
    whole = sea(ship(), **cut)
    assert {"boat", "boat@wall"} <= set(whole.network.arc["row_id"])
    none = sea(ship(), without_services=frozenset(["boat"]), **cut)
    assert not {"boat", "boat@wall"} & set(none.network.arc["row_id"])


def terminal(hours, day):
    """A terminal that keeps hours, its dwell of 5 h not counting the wait for opening."""
    study = study_of(
        node=places("A", "B"),
        link=[line("A", "B", mode="rail", gauge_mm=1435)],
        terminal=[
            {"terminal_id": "gate", "node_id": "A", "opening_hours": hours, "dwell_h": 5.0}
            | {"to_gauge_mm": 1435, "dwell_cv": 0.2}
        ],
    )
    snap = snapshot(study, AS_IS, day)
    there, back = here(snap, "gate")
    assert snap.weekly.get(there) == snap.weekly.get(back)
    assert snap.moving_h[[there, back]].tolist() == pytest.approx([5.0, 5.0])
    assert snap.moving_sd_h[[there, back]].tolist() == pytest.approx([1.0, 1.0])
    return snap.weekly.get(there)


@pytest.mark.parametrize(
    ("hours", "day", "shut"),
    [
        # from Wednesday 00:00: Thursday is 24, Friday 48, Monday 120
        (
            "Mo-Fr 08:00-18:00",
            WEDNESDAY,
            [(-6, 8), (18, 32), (42, 56), (66, 128), (138, 152)],
        ),
        ("Mo-Fr 08:00-18:00", SUNDAY, [(-30, 32), (42, 56), (66, 80)]),
        # open from the night before until 06:00
        ("22:00-06:00", MONDAY, [(6, 22), (30, 46), (54, 70)]),
        ("Mo 00:00-12:00", MONDAY, [(12, 168), (180, 336)]),
    ],
)
def test_a_terminal_is_shut_outside_its_hours_from_the_day_of_departure_on(hours, day, shut):
    spans = terminal(hours, day)
    assert np.ravel(spans[: len(shut)]) == pytest.approx(np.ravel(shut), abs=JUST_LATE_H)
    assert spans[-1][1] > HORIZON_H - 7 * 24
    assert all(start > end for (_, end), (start, _) in pairwise(spans))


def test_who_is_always_open_has_no_windows():
    assert terminal("24/7", MONDAY) == ()
    assert terminal(None, MONDAY) is None


@pytest.mark.parametrize(
    ("day", "departures"),
    [(MONDAY, [8, 92, 176, 260]), (WEDNESDAY, [44, 128, 212]), (SUNDAY, [32, 116, 200])],
)
def test_a_timetable_leaves_at_its_hours_of_the_week_and_at_no_others(day, departures):
    """Monday 08:00 and Thursday 20:00, counted from the day of departure."""
    snap = sea(ship(timetable="Mo 08:00, Th 20:00", departures_week=2.0, headway_cv=0.7), day=day)
    for arc in here(snap, "boat"):
        spans = snap.weekly[arc]
        opened = [end for _, end in spans]
        assert opened[: len(departures)] == pytest.approx(departures)
        begun = [start for start, _ in spans[1:]]
        assert begun[: len(departures)] == pytest.approx(departures, abs=JUST_LATE_H)
        assert spans[0][0] <= 0
        # no departure is waited for beyond the hours, and the crossing is all that is left
        assert (snap.headway_h[arc], snap.departure_wait_h[arc]) == (0.0, 0.0)
        assert snap.moving_h[arc] == pytest.approx(10.0)
        assert snap.moving_sd_h[arc] == pytest.approx(0.0, abs=1e-6)


def test_a_trip_waits_for_its_ship():
    """Wednesday 00:00 until Thursday 20:00 are 44 h; the crossing takes 10."""
    study = study_of(
        node=places("A", "B"),
        link=[line("A", "B", mode="sea")],
        service=[ship(timetable="Mo 08:00, Th 20:00", departures_week=2.0)],
    )
    answer = Planner(study, AS_IS, depart=WEDNESDAY).route("A", "B", commodity="goods")
    (element,) = answer.itineraries[0].elements
    assert (element.waiting_h, element.moving_h) == pytest.approx((44.0, 10.0))
    assert answer.itineraries[0].days_mean * 24 == pytest.approx(54.0)


@pytest.mark.parametrize(
    ("service", "lost_h"),
    [
        # departures every 84 h: of each two one is made, so on average one more is waited for
        ({"availability": 0.5}, 84.0),
        ({"availability": 0.8}, 21.0),
        # storms on 10 of 31 days leave 21 of 31 departures
        ({"closed_days_by_month": "0 0 0 0 0 0 10 0 0 0 0 0"}, 84.0 * 10 / 21),
        ({"closed_days_by_month": "9 9 9 9 9 9 0 9 9 9 9 9"}, 0.0),
    ],
)
def test_departures_of_a_timetable_that_are_not_made_cost_their_share(service, lost_h):
    snap = sea(ship(timetable="Mo 08:00, Th 20:00", departures_week=2.0, **service))
    assert snap.moving_h[here(snap, "boat")] == pytest.approx(10.0 + lost_h)


def test_ships_that_share_a_berth_leave_with_whichever_is_next():
    """One departure by timetable and one without: two a week, every 84 h."""
    snap = sea(
        ship("timed", timetable="Mo 08:00", departures_week=1.0), ship("x", departures_week=1.0)
    )
    assert snap.weekly == {}
    assert snap.headway_h[here(snap, "timed|x")] == pytest.approx(84.0)


def queue(element, kind, wait_h, price=0.0, *, forward=None, unit="kt"):
    return {"element": element, "kind": kind, "forward": forward, "unit": unit} | {
        "wait_h": wait_h,
        "scarcity_usd_t": price,
    }


def queues(*rows):
    return pl.DataFrame(list(rows), schema_overrides={"forward": pl.Boolean})


def test_a_table_of_queues_adds_waits_to_what_it_names():
    table = queues(
        queue("port", "terminal", 48.0, 7.0),
        queue("a + b", "service", 12.0, forward=True),
        queue("a + b", "service", 1.0, 2.0, forward=False),
        queue("a + b", "service", 99.0, forward=True, unit="kteu"),
        queue("nowhere", "terminal", 99.0),
    )
    study = study_of(
        node=places("A", "B", "C"),
        link=[line("A", "B", mode="sea", directed=False), line("B", "C", directed=False)],
        terminal=[
            {"terminal_id": "port", "node_id": "B", "from_mode": "sea", "to_mode": "road"}
            | {"capacity_kt_y": 100.0}
        ],
        service=[ship("a"), ship("b")],
    )

    def figures(table):
        request = Planner(study, AS_IS, depart=MONDAY, queues=table).request("A", "C", "goods")
        return (
            request,
            request.time_h,
            request.criterion("cost"),
            request.variance_h2,
        )

    request, *busy = figures(table)
    _, *free = figures(None)
    added = [np.round(more - less, 6) for more, less in zip(busy, free, strict=True)]
    rows = request.snap.network.arc.select("row_id", "forward").rows()
    by_arc = {row: tuple(values) for row, *values in zip(rows, *added, strict=True) if any(values)}
    # a queue's wait is exponential: its variance is the square of its mean
    assert by_arc == {
        ("port", True): (48.0, 7.0, 48.0**2),
        ("port", False): (48.0, 7.0, 48.0**2),
        ("a|b", True): (12.0, 0.0, 144.0),
        ("a|b", False): (1.0, 2.0, 1.0),
    }


@pytest.mark.parametrize("column", ["element", "kind", "forward", "unit", "wait_h"])
def test_a_table_of_queues_without_a_column_is_refused(column):
    table = queues(queue("boat", "service", 1.0, forward=True)).drop(column)
    with pytest.raises(DataError, match=f"has no column {column}; it needs element, kind, forward"):
        sea(ship(), queues=table)


@pytest.mark.parametrize(
    ("day", "made_share"),
    [(date(2024, 1, 10), 28 / 31), (date(2024, 2, 28), 27 / 29), (date(2024, 7, 1), 1.0)],
)
def test_weather_stops_a_ferry_as_often_as_in_its_month(small_study, day, made_share):
    """Of 14 departures a week 40 % are made, and less on 3 days of January and 2 of February."""
    snap = snapshot(small_study, AS_IS, day)
    ferry = here(snap, "ferry")
    headway = 168 / (14 * 0.4 * made_share)
    assert snap.headway_h[ferry].tolist() == pytest.approx([headway] * 2)
    # headways of cv 1 are waited for in full
    assert snap.departure_wait_h[ferry].tolist() == pytest.approx([headway] * 2)
    assert snap.moving_h[ferry].tolist() == pytest.approx([22.0] * 2)


def test_six_of_thirty_days_leave_eight_tenths_of_the_departures():
    closed = "0 0 0 0 0 6 0 0 0 0 0 0"
    calm, stormy = (sea(ship(closed_days_by_month=closed), day=date(2024, m, 1)) for m in (5, 6))
    for snap, share in ((calm, 1.0), (stormy, 0.8)):
        assert snap.headway_h[here(snap, "boat")] == pytest.approx(24.0 / share)
        made = snap.network.resource.filter(unit="kt")["capacity"]
        assert made.to_list() == pytest.approx([365.0 * share] * 2)


@pytest.mark.parametrize(("day", "open_"), [(SUNDAY, False), (date(2024, 7, 8), True)])
def test_what_is_not_yet_open_on_the_day_is_not_there(day, open_):
    study = study_of(
        node=places("A", "B"),
        link=[line("A", "B"), line("B", "A", open_from=date(2024, 7, 8))],
    )
    snap = snapshot(study, AS_IS, day)
    assert ("B-A" in snap.network.arc["row_id"].to_list()) == open_
