"""Taking elements out of the network takes what stands on them with it."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from sogdia.study.marks import ABOUT_AN_ELEMENT, KEYS

Frames = dict[str, pl.DataFrame]
NETWORK_TABLES = ("node", "link", "terminal", "service")
POST = ["node_id", "neighbour", "mode", "gauge_mm"]


def prune(frames: Mapping[str, pl.DataFrame], before: Mapping[str, pl.DataFrame]) -> Frames:
    """Drop what has lost the element it stands on.

    A link goes with its nodes, and also when the last of its services goes: a sea without
    ferries is no bridge. A terminal goes with its node, a service with its link; premiums,
    events, contracts, project changes and the like go with the element they are about.
    Demand stays: a shipment that can no longer be made is a result.

    Parameters
    ----------
    frames : mapping of str to DataFrame
        Tables of a study, some rows of nodes, links, terminals or services taken out.
    before : mapping of str to DataFrame
        The tables as they were.

    Returns
    -------
    dict of str to DataFrame
        All tables, consistent again.
    """
    result = dict(frames)
    nodes = _ids(result, "node")
    for end in ("from_node_id", "to_node_id"):
        result["link"] = _standing(result["link"], end, nodes)
    bare = set(before["service"]["link_id"]).difference(result["service"]["link_id"])
    result["link"] = _standing(result["link"], "link_id", _ids(result, "link") - bare)
    result["terminal"] = _standing(result["terminal"], "node_id", nodes)
    links = _ids(result, "link")
    for table in ("service", "blend", "road"):
        result[table] = _standing(result[table], "link_id", links)
    gone = {table: _ids(before, table) - _ids(result, table) for table in NETWORK_TABLES}
    everything_gone = set().union(*gone.values())
    for table, kind, element in (
        *((table, "element_kind", "element_id") for table in ABOUT_AN_ELEMENT),
        ("project_change", "table", "row_id"),
    ):
        if everything_gone.isdisjoint(result[table][element]):
            continue
        lost = [
            (pl.col(kind).cast(pl.String) == name) & pl.col(element).is_in(_listed(ids))
            for name, ids in gone.items()
        ]
        # a premium of the whole trip, or a contract without a way, is about none, and stays
        gone_with_it = pl.any_horizontal(lost).fill_null(value=False)
        result[table] = result[table].filter(~gone_with_it)
    return result


def _ids(frames: Mapping[str, pl.DataFrame], table: str) -> set[str]:
    return set(frames[table][KEYS[table]])


def _standing(frame: pl.DataFrame, column: str, ids: set[str]) -> pl.DataFrame:
    """Keep the rows whose cell is one of `ids`; the frame itself where that is all of them."""
    if ids.issuperset(frame[column]):
        return frame
    return frame.filter(pl.col(column).is_in(_listed(ids)))


def _listed(ids: set[str]) -> pl.Series:
    return pl.Series(sorted(ids), dtype=pl.String).implode()


def bar_crossings(frames: Mapping[str, pl.DataFrame], before: Mapping[str, pl.DataFrame]) -> Frames:
    """Drop the links across a border whose last border terminal is gone.

    A crossing without a border terminal is passed freely, but one whose terminals do not work
    is not passed at all.

    Parameters
    ----------
    frames : mapping of str to DataFrame
        Tables of a study, some rows of terminals taken out.
    before : mapping of str to DataFrame
        The tables as they were.

    Returns
    -------
    dict of str to DataFrame
        The tables without these links; what stands on them is still there.
    """
    if _ids(before, "terminal") <= _ids(frames, "terminal"):
        return dict(frames)
    lost = _posts(before).join(_posts(frames), on=POST, how="anti", nulls_equal=True)
    if lost.is_empty():
        return dict(frames)
    country = frames["node"].select("node_id", neighbour="country")
    link = frames["link"]
    for end, other in (("from", "to"), ("to", "from")):
        crossing = link.select(
            "link_id",
            pl.col("mode").cast(pl.String),
            "gauge_mm",
            node_id=f"{end}_node_id",
            other=f"{other}_node_id",
        ).join(country, left_on="other", right_on="node_id", how="left")
        barred = crossing.join(lost, on=POST, how="semi", nulls_equal=True)["link_id"]
        link = link.filter(~pl.col("link_id").is_in(barred.implode()))
    return dict(frames) | {"link": link}


def _posts(frames: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Sides of a border that some border terminal joins, as `POST` tells them apart."""
    border = pl.col("operation").cast(pl.String) == "border"
    return (
        frames["terminal"]
        .filter(border)
        .select("node_id", "neighbour", pl.col("from_mode").cast(pl.String), "from_gauge_mm")
        .rename({"from_mode": "mode", "from_gauge_mm": "gauge_mm"})
        .unique()
    )
