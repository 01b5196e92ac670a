"""A simulation on a terminal: transit times, where goods wait and for what."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import isfinite
from typing import TYPE_CHECKING, Any

import polars as pl
from rich.console import Console
from rich.text import Text

from sogdia.network.resource import POOL_MARK
from sogdia.report.map import short_name
from sogdia.report.route_words import fixed
from sogdia.report.sheets import NONE, Column, Row, Sheet, Tone, quantity, share
from sogdia.report.tables import LONGEST, show_sheet
from sogdia.simulation.sample import MOST_FOR_PRECISION
from sogdia.study import Study, base_id

if TYPE_CHECKING:
    from sogdia.simulation.result import SimulationResult

WIDE = 96
"""Characters of a line from which on a terminal has room for every column."""
PARTS = {"moving": "move", "waiting": "wait", "handling": "handle", "border": "border"}
"""Parts of the transit time, and what their columns are called."""
UNITS = {"kteu": " (TEU)", "t": " (yard)"}
"""What tells two queues of one element apart."""
TOGETHER = re.compile(rf" \+ |{re.escape(POOL_MARK)}")
"""What stands between the ids of services that leave from the same berth."""
BETWEEN = re.compile("( [/–] )")
"""What stands between the places of a section."""


@dataclass(frozen=True, slots=True)
class Names:
    """What the places and elements of a study are called.

    Attributes
    ----------
    place : mapping of str to str
        Short name of each node, or the whole where the short one is not its own.
    link : mapping of str to (str, str, str, bool)
        Mode, ends, and whether it has one direction only.
    service : mapping of str to str
        Link of each service.
    terminal : mapping of str to str
        What is done at each terminal, and where.
    """

    place: Mapping[str, str]
    link: Mapping[str, tuple[str, str, str, bool]]
    service: Mapping[str, str]
    terminal: Mapping[str, str]

    @classmethod
    def of(cls, study: Study) -> Names:
        """Collect the names that a study's tables give."""
        whole = {
            node: name or node for node, name in study.node.select("node_id", "name").iter_rows()
        }
        common = Counter(map(short_name, whole.values()))
        place = {
            node: short if common[short := short_name(name)] == 1 else name
            for node, name in whole.items()
        }
        link = study.link.select(
            "link_id", pl.col("mode").cast(pl.String), "from_node_id", "to_node_id", "directed"
        )
        return cls(
            place=place,
            link={base_id(key): (mode, *ends) for key, mode, *ends in link.iter_rows()},
            service=dict(study.service.select("service_id", "link_id").iter_rows()),
            terminal={
                row["terminal_id"]: _operation(row, place)
                for row in study.terminal.iter_rows(named=True)
            },
        )

    def element(self, row: Row) -> str:
        """Say what an element is and where; an unknown one is called by its id.

        Parameters
        ----------
        row : dict
            ``element``, ``kind``, ``forward`` and ``unit`` of one.

        Returns
        -------
        str
            Such as ``ferry, Aktau → Alat`` or ``gauge change at Dostyk (TEU)``.
        """
        key = base_id(TOGETHER.split(row["element"])[0])
        if row["kind"] == "terminal":
            words = self.terminal.get(key)
        else:
            link = self.service.get(key, "") if row["kind"] == "service" else key
            words = self._way(link, row["forward"])
        return f"{words}{UNITS.get(row['unit'], '')}" if words else row["element"]

    def section(self, text: str) -> str:
        """Name the places that a section is called by; what is no place stays as it is."""
        return "".join(self.place.get(part, part) for part in BETWEEN.split(text))

    def _way(self, link: str, forward: bool | None) -> str | None:
        if (known := self.link.get(base_id(link))) is None:
            return None
        mode, start, end, directed = known
        if forward is False:
            start, end = end, start
        arrow = "–" if forward is None and not directed else "→"
        return f"{mode}, {self.place.get(start, start)} {arrow} {self.place.get(end, end)}"


def _operation(row: Row, place: Mapping[str, str]) -> str:
    what = {
        "border": f"border with {row['neighbour']}" if row["neighbour"] else "border",
        "gauge_change": "gauge change",
    }.get(row["operation"], f"{row['from_mode']}–{row['to_mode']} {row['operation']}")
    return f"{what} at {place.get(row['node_id'], row['node_id'])}"


@dataclass(frozen=True, slots=True)
class Selection:
    """Which transit times are wanted: ids of each kind; none of a kind stands for all.

    Attributes
    ----------
    corridor, commodity, origin, destination : tuple of str
        Ids; origins and destinations are nodes.
    """

    corridor: tuple[str, ...] = ()
    commodity: tuple[str, ...] = ()
    origin: tuple[str, ...] = ()
    destination: tuple[str, ...] = ()

    @property
    def pairs(self) -> dict[str, tuple[str, ...]]:
        """What is wanted of origins, destinations and commodities."""
        columns = ("origin", "destination", "commodity")
        return {column: ids for column in columns if (ids := getattr(self, column))}

    def takes(self, row: Mapping[str, Any]) -> bool:
        """Tell whether a row of transit times is wanted; it is not judged by what it lacks."""
        wanted = self.pairs | ({"corridor": self.corridor} if self.corridor else {})
        return all(row[column] in ids for column, ids in wanted.items() if column in row)


def interrupted(result: SimulationResult) -> bool:
    """Tell whether fewer replications were made than asked for, or than a precision needed."""
    if result.asked is not None:
        return result.replications < result.asked
    could_go_on = result.replications < MOST_FOR_PRECISION and isfinite(result.reached)
    return could_go_on and not precise(result)


def precise(result: SimulationResult) -> bool:
    """Tell whether the precision asked for, if any, was reached."""
    return result.precision is None or result.reached <= result.precision


def made_of_asked(result: SimulationResult) -> str:
    """Say how many replications were made, and of how many if that is known."""
    if result.asked is None:
        return _count(result.replications, "replication")
    return f"{result.replications:,} of {_count(result.asked, 'replication')}"


def show_simulation(
    result: SimulationResult,
    study: Study,
    console: Console,
    *,
    selection: Selection | None = None,
    top: int | None = LONGEST,
) -> None:
    """Print what a simulation found.

    Parameters
    ----------
    result : SimulationResult
        What was found.
    study : Study
        For the names of places and elements.
    console : Console
        Where to print, and how wide: 100 columns have room for all; with 80, medians and
        confidence intervals are left out.
    selection : Selection, optional
        Which transit times and indicators to show. If only corridors are chosen, times by
        origin and destination are left out; if only these are, times by corridor are.
    top : int, optional
        Rows of each long list; None: all.
    """
    names = Names.of(study)
    chosen = selection or Selection()
    wide = console.width >= WIDE
    _head(result, console)
    sheets = []
    if not result.overloads.is_empty():
        sheets.append(overloads(result, names, top))
    if chosen.corridor or not chosen.pairs:
        sheets.append(by_corridor(result, chosen, wide=wide))
    if chosen.pairs or not chosen.corridor:
        sheets.append(by_pair(result, names, chosen, top, wide=wide))
    sheets.append(bottlenecks(result, names, top, wide=wide))
    if not result.delays.is_empty():
        sheets.append(delays(result, top))
    if not result.indicators.is_empty():
        sheets.append(indicators(result, names, chosen, top))
    for sheet in sheets:
        console.print()
        show_sheet(sheet, console)


def _head(result: SimulationResult, console: Console) -> None:
    last = result.start + timedelta(days=result.days - 1)
    warm_up = f"{_count(result.warm_up_days, 'day')} of warm-up before"
    parts = (
        f"{result.start} to {last}",
        warm_up if result.warm_up_days else "no warm-up",
        f"seed {result.seed}",
    )
    title = Text.assemble((result.study_name, "bold"), f" · {result.scenario_name}")
    console.print(title.append(f" · {', '.join(parts)}"))
    made = _count(result.replications, "replication")
    line = f"{made} of {fixed(result.shipments)} shipments, {result.events:,} events"
    console.print(Text(f"{line} · {result.seconds:.1f} s{_certainty(result)}"))
    if interrupted(result):
        console.print(Text(f"Interrupted after {made_of_asked(result)}.", style="bold red"))
    elif not precise(result):
        line = f"The precision asked for, {share(result.precision)}, is not reached."
        console.print(Text(line, style="bold red"))


def _certainty(result: SimulationResult) -> str:
    """Say how sure the mean transit time is; a single replication does not tell."""
    if not isfinite(result.reached):
        return ""
    return f" · mean transit time ±{share(result.reached)}"


def overloads(result: SimulationResult, names: Names, top: int | None) -> Sheet:
    """Return a warning of elements whose queues grow without end, the fastest first.

    Parameters
    ----------
    result : SimulationResult
        What was found.
    names : Names
        Of the study.
    top : int or None
        Rows to show; None: all.
    """
    keys = ["growth_per_day", "element", "forward"]
    ordered = result.overloads.sort(keys, descending=[True, False, False], nulls_last=True)
    rows = ordered.to_dicts()
    columns = [
        _words("element", lambda row: _called(row, names)),
        Column("queue grows by,\nshipments a day", lambda row: quantity(row["growth_per_day"])),
        Column("since", lambda row: str(row["since"] or NONE)),
        Column("at the\nend", lambda row: quantity(row["queue_end"])),
    ]
    note = f"{_more(rows, top)} Waits there last the longer the more days are simulated."
    title = "OVERLOADED: arrivals exceed what these can serve"
    return _drawn(title, columns, rows[:top], note=note, tone=lambda _: Tone.BAD)


def by_corridor(result: SimulationResult, selection: Selection, *, wide: bool = True) -> Sheet:
    """Return transit times by corridor and direction, and what they are made of.

    Parameters
    ----------
    result : SimulationResult
        What was found.
    selection : Selection
        Which corridors.
    wide : bool
        Whether there is room for confidence interval and median.
    """
    rows = _taken(result.corridors, selection)
    columns = [
        _words("corridor", lambda row: row["corridor"]),
        _words("to the", lambda row: row["direction"].removesuffix("bound")),
        *_transit_columns(wide=wide),
        *(_days(header, f"{part}_days") for part, header in PARTS.items()),
    ]
    note = (
        "The mean is made of moving, waiting, handling and crossing borders." if rows else "None."
    )
    return _drawn("Transit time by corridor, days", columns, rows, note=note)


def by_pair(
    result: SimulationResult,
    names: Names,
    selection: Selection,
    top: int | None,
    *,
    wide: bool = True,
) -> Sheet:
    """Return transit times by origin, destination and commodity, the largest flows first.

    Parameters
    ----------
    result : SimulationResult
        What was found.
    names : Names
        Of the study.
    selection : Selection
        Which of them.
    top : int or None
        Rows to show; None: all.
    wide : bool
        Whether there is room for confidence interval and median.
    """
    keys = ["kt", "origin", "destination", "commodity"]
    ordered = result.transit.sort(keys, descending=[True, False, False, False], nulls_last=True)
    rows = _taken(ordered, selection)
    columns = [
        _words("origin", lambda row: names.place.get(row["origin"], row["origin"])),
        _words("destination", lambda row: names.place.get(row["destination"], row["destination"])),
        _words("commodity", lambda row: row["commodity"]),
        *_transit_columns(wide=wide),
        _days("wait", "waiting_days"),
    ]
    note = f"{_more(rows, top)} P90: nine of ten shipments take no longer." if rows else "None."
    title = "Transit time by origin, destination and commodity, days"
    return _drawn(title, columns, rows[:top], note=note)


def bottlenecks(
    result: SimulationResult, names: Names, top: int | None, *, wide: bool = True
) -> Sheet:
    """Return where goods wait, the most tonnes times hours first; overloaded ones stand out.

    Parameters
    ----------
    result : SimulationResult
        What was found.
    names : Names
        Of the study.
    top : int or None
        Rows to show; None: all.
    wide : bool
        Whether there is room for the confidence interval of the wait.
    """
    keys = ("element", "kind", "forward", "unit")
    overloaded = set(result.overloads.select(keys).iter_rows())
    rows = result.bottlenecks.to_dicts()
    columns = [
        _words("where goods wait", lambda row: _called(row, names)),
        Column("kt × h\na year", lambda row: quantity(row["waiting_kt_h"])),
        Column("utili-\nsation", lambda row: share(row["utilisation"])),
        Column("wait, h\nmean", lambda row: quantity(row["wait_h_mean"])),
        *(
            [Column("95%\ninterval", lambda row: _interval(row, "wait_low", "wait_high"))]
            if wide
            else []
        ),
        Column("\nP95", lambda row: quantity(row["wait_h_p95"])),
        Column("queue,\nshipm.", lambda row: quantity(row["queue_mean"])),
    ]
    note = _more(rows, top) if rows else "Nothing waits anywhere."
    return _drawn(
        "Bottlenecks, by tonnes times hours waited",
        columns,
        rows[:top],
        note=note,
        tone=lambda row: Tone.BAD if tuple(row[key] for key in keys) in overloaded else Tone.PLAIN,
    )


def delays(result: SimulationResult, top: int | None) -> Sheet:
    """Return what each event or storm cost, the most tonne-hours first.

    Parameters
    ----------
    result : SimulationResult
        What was found.
    top : int or None
        Rows to show; None: all.
    """
    frame = result.delays.sort("kt_h", "cause", descending=[True, False], nulls_last=True)
    rows = frame.to_dicts()
    columns = [
        _words("cause", lambda row: row["cause"]),
        Column("shipments", lambda row: quantity(row["shipments"])),
        Column("hours each", lambda row: quantity(_each(row))),
        Column("kt × h", lambda row: quantity(row["kt_h"])),
    ]
    note = f"{_more(rows, top)} Means of a replication."
    return _drawn("Delays by what caused them", columns, rows[:top], note=note)


def indicators(
    result: SimulationResult, names: Names, selection: Selection, top: int | None
) -> Sheet:
    """Return CAREC's indicators by corridor and section, those with most samples first.

    Parameters
    ----------
    result : SimulationResult
        What was found.
    names : Names
        Of the study.
    selection : Selection
        Which corridors.
    top : int or None
        Rows to show; None: all.
    """
    ordered = result.indicators.sort(
        "samples", descending=True, nulls_last=True, maintain_order=True
    )
    rows = [row for row in ordered.iter_rows(named=True) if selection.takes(row)]
    columns = [
        _words("corridor", lambda row: row["corridor"]),
        _words("section", lambda row: names.section(row["section"])),
        _words("kind", lambda row: row["kind"]),
        Column("samples", lambda row: fixed(row["samples"])),
        Column("hours", lambda row: quantity(row["time_h"])),
        Column("cv", lambda row: fixed(row["time_cv"], 2)),
        Column("USD", lambda row: quantity(row["cost_usd"])),
        Column("km/h with\ndelay", lambda row: quantity(row["swd_km_h"])),
        Column("km/h\nwithout", lambda row: quantity(row["swod_km_h"])),
    ]
    title = "Corridor performance (CAREC CPMM)"
    note = f"{_more(rows, top)} From the log of the first replication." if rows else "None."
    return _drawn(title, columns, rows[:top], note=note)


def _taken(frame: pl.DataFrame, selection: Selection) -> list[Row]:
    """Return the rows that are wanted, if anything arrived there."""
    arrived = frame.filter(pl.col("shipments") > 0)
    return [row for row in arrived.iter_rows(named=True) if selection.takes(row)]


def _transit_columns(*, wide: bool) -> list[Column]:
    between = [
        Column("95%\ninterval", lambda row: _interval(row, "ci_low", "ci_high", 1)),
        _days("P50", "p50"),
    ]
    return [
        Column("kt", lambda row: quantity(row["kt"])),
        _days("mean", "mean_days"),
        *(between if wide else []),
        _days("P90", "p90"),
        _days("P95", "p95"),
    ]


def _called(row: Row, names: Names) -> str:
    """Say what an element is, if it is known, and its id on a line of its own."""
    return "\n  ".join(dict.fromkeys([names.element(row), row["element"]]))


def _interval(row: Row, low: str, high: str, digits: int | None = None) -> str:
    ends = [row[low], row[high]]
    if any(end is None or not isfinite(end) for end in ends):
        return NONE
    return "–".join(quantity(end) if digits is None else fixed(end, digits) for end in ends)


def _each(row: Row) -> float | None:
    return row["hours"] / row["shipments"] if row["shipments"] else None


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _more(rows: Sequence[Row], top: int | None) -> str:
    hidden = 0 if top is None else max(0, len(rows) - top)
    return f"{hidden:,} more; --top 0 shows all." if hidden else ""


def _days(header: str, name: str) -> Column:
    return Column(header, lambda row: fixed(row[name], 1).replace("-0.0", "0.0"))


def _words(header: str, cell: Callable[[Row], str]) -> Column:
    return Column(header, lambda row: cell(row) or NONE, number=False)


def _drawn(
    title: str,
    columns: Sequence[Column],
    rows: Sequence[Row],
    *,
    note: str = "",
    tone: Callable[[Row], Tone] = lambda _: Tone.PLAIN,
) -> Sheet:
    cells = [[column.cell(row) for column in columns] for row in rows]
    return Sheet(title, columns, cells, [tone(row) for row in rows], note.strip())
