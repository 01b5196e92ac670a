"""Rows of the frames of a traffic assignment, part by part, and how parts are put together."""

from __future__ import annotations

import numpy as np
import polars as pl

from sogdia.assignment.traffic.all_or_nothing import one_path_each
from sogdia.assignment.traffic.part import NO_LINE, TrafficPart
from sogdia.network.model import Floats
from sogdia.network.resource import own_ids


def over_parts(rows: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    """Add up the flows of parts and arcs, and take the mean of times and costs."""
    summed = [name for name in ("flow", "volume", "capacity") if name in rows.columns]
    mean = [name for name in ("time", "cost", "price") if name in rows.columns]
    weight = pl.col("share").sum()
    fullest = "volume" if "volume" in rows.columns else "flow"
    return (
        rows.group_by(keys, maintain_order=True)
        .agg(
            *((pl.col(name) * pl.col("share")).sum() for name in summed if name != "capacity"),
            (pl.col("capacity") * pl.col("share")).sum(),
            *((pl.col(name) * pl.col("share")).sum() / weight for name in mean),
            bounded=pl.col("capacity").is_not_null().all(),
        )
        .with_columns(capacity=pl.when("bounded").then("capacity"))
        .with_columns(saturation=pl.col(fullest) / pl.col("capacity"))
        .drop("bounded")
        .select(*keys, *summed[:-1], *mean, "capacity", "saturation")
        .with_columns(pl.when(pl.col(name).is_finite()).then(name) for name in mean)
    )


def link_rows(part: TrafficPart) -> pl.DataFrame:
    """Return a row for each class and arc of a link or service."""
    return arc_rows(part, pl.col("is_line"))


def arc_rows(part: TrafficPart, chosen: pl.Expr) -> pl.DataFrame:
    """Return a row for each class and chosen arc; classes of one name are added up."""
    problem, meaning, flow = part.problem, part.meaning, part.solution.flow
    rows = np.flatnonzero(meaning.arc.select(chosen=chosen)["chosen"].to_numpy())
    arc = meaning.arc[rows].with_columns(own_ids("row_id"), own_ids("link_id"))
    stated = meaning.element["capacity"]
    frames = []
    for name, members in _members(meaning.class_id).items():
        element = problem.element[members[0], rows]
        number = np.where(element >= 0, element, 0)
        own = flow[members][:, rows]
        total = own.sum(axis=0)
        frames.append(
            arc.with_columns(
                class_id=pl.lit(name),
                share=pl.lit(part.share),
                flow=pl.Series(total),
                volume=pl.Series(np.where(element >= 0, part.element_flow[number], total)),
                time=pl.Series(part.time[members[0], rows]),
                cost=pl.Series(_mean_cost(own, part.cost[members][:, rows])),
                capacity=pl.when(pl.Series(element >= 0)).then(stated.gather(number)),
            )
        )
    return pl.concat(frames)


def largest_member(part: TrafficPart, class_id: str) -> int:
    """Return the number of the class of a name that has most trips."""
    members = _members(part.meaning.class_id)[class_id]
    problem = part.problem
    trips = np.bincount(problem.pair_class, problem.trips, minlength=problem.classes)
    return max(members, key=lambda k: (trips[k], -k))


def _members(class_id: tuple[str, ...]) -> dict[str, list[int]]:
    """Return the numbers of the classes of each name."""
    members: dict[str, list[int]] = {}
    for k, name in enumerate(class_id):
        members.setdefault(name, []).append(k)
    return members


def _mean_cost(flow: Floats, cost: Floats) -> Floats:
    """Return what trips pay on the mean of classes; where there are none, the least."""
    used = flow > 0.0
    paid = np.where(used, cost, 0.0)
    total = flow.sum(axis=0)
    mean = (flow * paid).sum(axis=0) / np.where(total > 0.0, total, 1.0)
    return np.asarray(np.where(total > 0.0, mean, cost.min(axis=0)), dtype=np.float64)


def element_rows(part: TrafficPart) -> pl.DataFrame:
    """Return a row for each element."""
    return part.meaning.element.with_columns(
        own_ids("row_id"),
        share=pl.lit(part.share),
        flow=pl.Series(part.element_flow),
        time=pl.Series(part.element_time),
        price=pl.Series(part.solution.price),
    )


def _pair_names(part: TrafficPart) -> pl.DataFrame:
    meaning = part.meaning
    return pl.DataFrame(
        {
            "part": pl.Series([part.name] * len(meaning.origin), dtype=pl.String),
            "origin": pl.Series(meaning.origin, dtype=pl.String),
            "destination": pl.Series(meaning.destination, dtype=pl.String),
            "class_id": pl.Series(meaning.class_id, dtype=pl.String)[part.problem.pair_class],
        }
    )


def path_rows(part: TrafficPart) -> pl.DataFrame:
    """Return a row for each path that is a way."""
    paths = part.path_flows
    steps = (
        pl.DataFrame({"path": part.path_of_step})
        .hstack(part.meaning.arc.select(own_ids("row_id"), "forward", "kind")[paths.arc])
        .filter(~pl.col("kind").is_in(NO_LINE))
    )
    lists = steps.group_by("path", maintain_order=True).agg(links="row_id", forward="forward")
    return (
        _pair_names(part)[paths.pair]
        .with_columns(
            flow=pl.Series(paths.flow * part.share),
            cost=pl.Series(part.path_sums(part.cost)),
            time=pl.Series(part.path_sums(part.time)),
            length=pl.Series(part.path_sums(_lengths(part))),
            path=pl.Series(np.arange(len(paths.flow)), dtype=pl.Int64),
        )
        .join(lists, on="path", how="left", maintain_order="left")
        .drop("path")
        .filter(part.path_travels)
    )


def _lengths(part: TrafficPart) -> Floats:
    length = part.meaning.arc["length"].to_numpy()
    return np.broadcast_to(length, part.cost.shape)


def pair_rows(part: TrafficPart) -> pl.DataFrame:
    """Return a row for each pair of which somebody travels."""
    paths, trips = part.path_flows, part.pair_flow

    def mean(by_arc: Floats) -> pl.Series:
        paid = np.where(part.path_travels, paths.flow * part.path_sums(by_arc), 0.0)
        total = np.bincount(paths.pair, paid, minlength=len(trips))
        return pl.Series(total / np.where(trips > 0.0, trips, 1.0))

    cheapest = one_path_each(part.problem, part.cost)
    of_step = np.repeat(cheapest.pair, np.diff(cheapest.first))
    least = np.bincount(
        of_step,
        part.cost[part.problem.pair_class[of_step], cheapest.arc],
        minlength=len(trips),
    )
    return (
        _pair_names(part)
        .with_columns(
            flow=pl.Series(trips * part.share),
            cost=mean(part.cost),
            time=mean(part.time),
            length=mean(_lengths(part)),
            cheapest=pl.Series(least),
        )
        .filter(trips > 0.0)
    )


def total_rows(part: TrafficPart) -> pl.DataFrame:
    """Return a row for each class."""
    meaning = part.meaning
    flow = np.where(meaning.stays, 0.0, part.solution.flow)
    cost = (flow * np.where(flow > 0.0, part.cost, 0.0)).sum(axis=1)
    trips = np.zeros(len(meaning.class_id))
    np.add.at(trips, part.problem.pair_class, part.pair_flow)
    sums = pl.DataFrame(
        {
            "class_id": pl.Series(meaning.class_id, dtype=pl.String),
            "flow": trips,
            "cost": cost,
            "time": (flow * part.time).sum(axis=1),
            "length": (flow * _lengths(part)).sum(axis=1),
        }
    )
    unserved = meaning.unserved.group_by("class_id").agg(unserved=pl.col("flow").sum())
    return (
        sums.group_by("class_id", maintain_order=True)
        .agg(pl.all().sum())
        .join(unserved, on="class_id", how="full", coalesce=True, maintain_order="left_right")
        .with_columns(pl.exclude("class_id").fill_null(0.0) * part.share)
    )
