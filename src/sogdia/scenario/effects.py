"""What dated events do to the tables of a period.

A lasting event is in force or not. A short one is spread over its period: shippers wait a
brief closure out. Let a closure last from instant s to instant e, and let goods arrive
evenly over a period of L days. Those that arrive at t inside the closure wait e - t, so with
[a, b] the part of [s, e] that lies in the period, the mean extra wait of all goods is

    w = 1/L * integral from a to b of (e - t) dt = ((e - a)^2 - (e - b)^2) / (2 L),

which is d^2 / (2 L) for a closure of d days inside the period; the capacity of the period
falls to the open share 1 - (b - a) / L. A short change by a factor f counts with its share of
the period: 1 + (f - 1) (b - a) / L.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import polars as pl

from sogdia.scenario.prune import Frames
from sogdia.study.model import SPLIT_MARK

WAIT_OUT_DAYS = 30
DAY = timedelta(days=1)
HOURS_PER_DAY = 24.0
CAPACITIES = ("capacity_kt_y", "capacity_teu_y")
REACH = {
    "link": ("link", "service"),
    "terminal": ("terminal",),
    "service": ("link", "service"),
    "node": ("link", "terminal", "service"),
    "country": ("link", "terminal", "service"),
}
"""Tables whose rows an effect on an element of a kind can hit."""
TARIFF_AMOUNTS = ("usd_t", "usd_t_km", "usd_teu", "usd_teu_km")


@dataclass(frozen=True, slots=True)
class Effect:
    """What one event does in one period: it closes its element, or multiplies and delays."""

    event_id: str
    kind: str
    element_id: str
    uses: frozenset[str]
    closes: bool = False
    capacity: float = 1.0
    time: float = 1.0
    cost: float = 1.0
    wait_h: float = 0.0


def is_lasting(from_date: date, until_date: date | None) -> bool:
    """Tell whether an event is too long to be waited out."""
    return until_date is None or (until_date - from_date + DAY).days >= WAIT_OUT_DAYS


def effects_in(
    event: pl.DataFrame, start: date, end: date, *, by_day: bool = False
) -> Iterator[Effect]:
    """Yield the effects that the events of a study have in a period.

    Parameters
    ----------
    event : DataFrame
        Table ``event``; those that have not happened have no effect.
    start, end : date
        First and last day of the period.
    by_day : bool
        Every event counts with its share of the days, and nobody waits a closure out: what
        the period cannot take, it does not take. By default only brief events are spread.

    Yields
    ------
    Effect
        In the order of the table.
    """
    middle = start + (end - start) / 2
    for row in event.filter(pl.col("happened")).iter_rows(named=True):
        first, last = row["from_date"], row["until_date"]
        if by_day:
            last = end if last is None else min(last, end)
            share = ((last - max(first, start)).days + 1) / ((end - start).days + 1)
            if share > 0:
                yield _effect(row, share, 0.0 if share < 1 else None)
        elif is_lasting(first, last):
            if first <= middle and (last is None or middle <= last):
                yield _effect(row, 1.0)
        elif first <= end and start <= last:
            days = (end - start + DAY).days
            whole = (last + DAY - max(first, start)).days
            rest = (last - min(last, end)).days
            wait_days = (whole**2 - rest**2) / (2.0 * days)
            yield _effect(row, (whole - rest) / days, wait_days * HOURS_PER_DAY)


def _effect(row: dict[str, Any], share: float, wait_h: float | None = None) -> Effect:
    effect, factor = row["effect"], row["factor"]
    uses = frozenset(row["uses"].split(",")) if row["uses"] else frozenset()
    names = {
        "event_id": row["event_id"],
        "kind": row["element_kind"],
        "element_id": row["element_id"],
        "uses": uses,
    }
    if effect != "closes":
        return Effect(**names, **{effect: 1.0 + (factor - 1.0) * share})
    if wait_h is None:
        return Effect(**names, closes=True)
    return Effect(**names, capacity=1.0 - share, wait_h=wait_h)


def exert(frames: Frames, effect: Effect) -> Frames:
    """Return the tables under an effect.

    An effect on some uses only splits the rows it hits: a row for those uses, whose
    identifier carries the event's behind ``@``, and the row as it was for the others. Each
    of the two keeps the row's capacity, so what both share is counted twice; that is an
    approximation, and a small one where one kind of cargo dominates.

    Parameters
    ----------
    frames : dict of str to DataFrame
        Tables of a period.
    effect : Effect
        What is done to them.

    Returns
    -------
    dict of str to DataFrame
        The tables after it. What has lost the element it stands on is still there (see
        `sogdia.scenario.prune.prune`).
    """
    hit = _hit(frames, effect)
    if effect.uses:
        hit = _split(hit, effect, _all_uses(frames))
    if effect.closes:
        return _without(hit, effect)
    return _scaled(hit, effect)


def _base(column: str) -> pl.Expr:
    return pl.col(column).str.split(SPLIT_MARK).list.first()


def _hit(frames: Frames, effect: Effect) -> Frames:
    """Mark the rows that an effect hits, in the tables that it reaches, and what waits they bear.

    Whoever passes through a closed place waits once, but uses two of its links; so each
    bears half. For a country the same holds of the links that cross its border.
    """
    element = effect.element_id
    never = pl.lit(value=False)
    link, terminal, service, bears = never, never, never, pl.lit(1.0)
    match effect.kind:
        case "link":
            link = _base("link_id") == element
        case "terminal":
            terminal = _base("terminal_id") == element
        case "service":
            service = _base("service_id") == element
        case "node":
            terminal = pl.col("node_id") == element
            link = (pl.col("from_node_id") == element) | (pl.col("to_node_id") == element)
            bears = pl.lit(0.5)
            slows = effect.time != 1.0 or effect.cost != 1.0
            if slows and frames["terminal"].select(terminal.any()).item():
                link = never
        case "country":
            inside = frames["node"].filter(pl.col("country") == element)["node_id"].implode()
            terminal = pl.col("node_id").is_in(inside)
            starts, ends = (pl.col(f"{end}_node_id").is_in(inside) for end in ("from", "to"))
            listed = pl.col("country").str.split(",").list.contains(element)
            link = starts | ends | listed.fill_null(value=False)
            bears = pl.when(starts != ends).then(0.5).otherwise(0.0)
    marked = dict(frames)
    if "terminal" in REACH[effect.kind]:
        marked["terminal"] = frames["terminal"].with_columns(
            hit=terminal, bears=pl.lit(1.0 if effect.kind == "terminal" else 0.0)
        )
    if "link" not in REACH[effect.kind]:
        return marked
    marked["link"] = frames["link"].with_columns(
        hit=link, bears=bears if effect.wait_h else pl.lit(0.0)
    )
    carrying = marked["link"].filter("hit").select("link_id", carried="bears")
    marked["service"] = (
        frames["service"]
        .join(carrying, on="link_id", how="left", maintain_order="left")
        .with_columns(
            hit=service | pl.col("carried").is_not_null(),
            bears=pl.coalesce("carried", pl.lit(1.0)),
        )
        .drop("carried")
    )
    return marked


def _all_uses(frames: Frames) -> frozenset[str]:
    return frozenset(frames["commodity"]["use"].unique())


def _split(marked: Frames, effect: Effect, all_uses: frozenset[str]) -> Frames:
    """Split the rows that are hit, so that only rows for the effect's uses are."""
    result = dict(marked)
    if "terminal" in REACH[effect.kind]:
        result["terminal"] = _split_rows(marked["terminal"], "terminal_id", effect, all_uses)
    if "link" not in REACH[effect.kind]:
        return result
    service = _split_rows(marked["service"], "service_id", effect, all_uses)
    link = marked["link"]
    carries = pl.col("link_id").is_in(marked["service"]["link_id"].implode())
    # A link that has services is used through them alone: it follows their split.
    alone = _split_rows(link.filter(~carries), "link_id", effect, all_uses)
    moved = pl.col("hit") & pl.col("link_id").is_in(link.filter("hit")["link_id"].implode())
    clones = service.filter(moved)["link_id"].unique().implode()
    carrying = link.filter(carries)
    twin = carrying.filter(pl.col("link_id").is_in(clones)).with_columns(_tagged("link_id", effect))
    result["link"] = pl.concat([alone, carrying.with_columns(hit=pl.lit(value=False)), twin])
    result["service"] = service.with_columns(
        link_id=pl.when(moved).then(_tagged("link_id", effect)).otherwise("link_id")
    )
    return result


def _tagged(column: str, effect: Effect) -> pl.Expr:
    return pl.concat_str(pl.col(column), pl.lit(f"{SPLIT_MARK}{effect.event_id}"))


def _split_rows(
    frame: pl.DataFrame, key: str, effect: Effect, all_uses: frozenset[str]
) -> pl.DataFrame:
    """Split each hit row that takes other uses too; rows without the effect's uses are not hit."""
    inside, outside = {}, {}
    for allowed in frame["allowed_uses"].unique():
        uses = frozenset(allowed.split(",")) if allowed else all_uses
        inside[allowed or ""] = ",".join(sorted(uses & effect.uses))
        outside[allowed or ""] = ",".join(sorted(uses - effect.uses))
    allowed_uses = pl.col("allowed_uses").fill_null("")
    frame = frame.with_columns(
        inside=allowed_uses.replace_strict(inside, return_dtype=pl.String),
        outside=allowed_uses.replace_strict(outside, return_dtype=pl.String),
    )
    both = pl.col("hit") & (pl.col("inside") != "") & (pl.col("outside") != "")
    rest = frame.with_columns(
        allowed_uses=pl.when(both).then("outside").otherwise("allowed_uses"),
        hit=pl.col("hit") & (pl.col("outside") == ""),
    )
    twin = frame.filter(both).with_columns(_tagged(key, effect), allowed_uses="inside")
    return pl.concat([rest, twin]).drop("inside", "outside")


def _without(marked: Frames, effect: Effect) -> Frames:
    """Take out what is closed."""
    left = {
        table: marked[table].filter(~pl.col("hit")).drop("hit", "bears")
        for table in REACH[effect.kind]
    }
    return marked | left


def _scaled(marked: Frames, effect: Effect) -> Frames:
    """Multiply capacity, time and cost of what is hit, and add its share of the wait."""
    values = {
        "link": _link_values(effect),
        "terminal": _terminal_values(effect),
        "service": _service_values(effect),
    }
    result = marked | {
        table: _where_hit(marked[table], values[table]) for table in REACH[effect.kind]
    }
    if "link" in REACH[effect.kind]:
        result["road"] = _scaled_roads(marked, effect)
        if effect.cost != 1.0:
            link = _cost_hits_the_link(result["link"], result["service"])
            result["link"], result["tariff"] = _dearer(link, marked["tariff"], effect)
    for table in REACH[effect.kind]:
        result[table] = result[table].drop("hit", "bears")
    return result


def _capacities(effect: Effect) -> dict[str, pl.Expr]:
    if effect.capacity == 1.0:
        return {}
    return {name: pl.col(name) * effect.capacity for name in CAPACITIES}


def _delays(effect: Effect) -> bool:
    return effect.time != 1.0 or effect.wait_h != 0.0


def _waited(effect: Effect) -> pl.Expr:
    return pl.lit(effect.wait_h) * pl.col("bears")


def _link_values(effect: Effect) -> dict[str, pl.Expr]:
    values = _capacities(effect)
    if _delays(effect):
        running = pl.coalesce("time_h", pl.col("length_km") / pl.col("free_speed_km_h"))
        values["time_h"] = running * effect.time + _waited(effect)
    return values


def _service_values(effect: Effect) -> dict[str, pl.Expr]:
    values = {}
    if effect.capacity != 1.0:
        less = pl.col("availability") * effect.capacity
        values["availability"] = less.clip(upper_bound=1.0)
    if _delays(effect):
        values["crossing_time_h"] = pl.col("crossing_time_h") * effect.time + _waited(effect)
    return values


def _terminal_values(effect: Effect) -> dict[str, pl.Expr]:
    values = _capacities(effect)
    if _delays(effect):
        dwell = pl.col("dwell_h")
        waits = _waited(effect) if effect.wait_h else pl.lit(None, dtype=pl.Float64)
        values["service_time_h"] = (
            pl.when(dwell.is_null())
            .then(pl.col("service_time_h") * effect.time)
            .otherwise("service_time_h")
        )
        values["dwell_h"] = pl.coalesce(dwell * effect.time + _waited(effect), waits)
    if effect.cost != 1.0:
        values |= {name: pl.col(name) * effect.cost for name in ("cost_usd_t", "cost_usd_teu")}
    return values


def _scaled_roads(marked: Frames, effect: Effect) -> pl.DataFrame:
    road = marked["road"]
    if road.is_empty():
        return road
    links = marked["link"].filter("hit")["link_id"].implode()
    factors = {"capacity_trips": effect.capacity, "toll": effect.cost}
    return road.with_columns(
        pl.when(pl.col("link_id").is_in(links))
        .then(pl.col(name) * factor)
        .otherwise(name)
        .alias(name)
        for name, factor in factors.items()
        if factor != 1.0
    )


def _where_hit(frame: pl.DataFrame, values: dict[str, pl.Expr]) -> pl.DataFrame:
    if not values:
        return frame
    return frame.with_columns(
        pl.when(pl.col("hit")).then(value).otherwise(pl.col(name)).alias(name)
        for name, value in values.items()
    )


def _cost_hits_the_link(link: pl.DataFrame, service: pl.DataFrame) -> pl.DataFrame:
    """A service has no price of its own: its cost is that of the link, for all who use it."""
    links = service.filter("hit")["link_id"].implode()
    return link.with_columns(hit=pl.col("hit") | pl.col("link_id").is_in(links))


def _dearer(
    link: pl.DataFrame, tariff: pl.DataFrame, effect: Effect
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Scale the costs of links; those with a tariff get a scaled copy of it."""
    link = _where_hit(link, {"cost_usd_t": pl.col("cost_usd_t") * effect.cost})
    scaled = tariff.filter(
        pl.col("tariff_id").is_in(link.filter("hit")["tariff_id"].drop_nulls().implode())
    ).with_columns(
        _tagged("tariff_id", effect), *(pl.col(name) * effect.cost for name in TARIFF_AMOUNTS)
    )
    link = _where_hit(link, {"tariff_id": _tagged("tariff_id", effect)})
    return link, pl.concat([tariff, scaled])
