"""Taking elements out of the network takes what stands on them with it."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from sogdia.study.marks import ABOUT_AN_ELEMENT, KEYS

Frames = dict[str, pl.DataFrame]
NETWORK_TABLES = ("node", "link", "terminal", "service")


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
    served = before["service"]["link_id"].unique()
    still_served = result["service"]["link_id"].unique()
    bare = served.filter(~served.is_in(still_served.implode()))
    result["link"] = result["link"].filter(
        pl.col("from_node_id").is_in(nodes)
        & pl.col("to_node_id").is_in(nodes)
        & ~pl.col("link_id").is_in(bare.implode())
    )
    result["terminal"] = result["terminal"].filter(pl.col("node_id").is_in(nodes))
    result["service"] = result["service"].filter(pl.col("link_id").is_in(_ids(result, "link")))
    for table in ("blend", "road"):
        result[table] = result[table].filter(pl.col("link_id").is_in(_ids(result, "link")))
    gone = {
        table: pl.Series(sorted(set(before[table][key]) - set(result[table][key])), dtype=pl.String)
        for table, key in KEYS.items()
        if table in NETWORK_TABLES
    }
    for table, kind, element in (
        *((table, "element_kind", "element_id") for table in ABOUT_AN_ELEMENT),
        ("project_change", "table", "row_id"),
    ):
        lost = [
            (pl.col(kind).cast(pl.String) == name) & pl.col(element).is_in(ids.implode())
            for name, ids in gone.items()
            if not ids.is_empty()
        ]
        if lost:
            # a premium of the whole trip, or a contract without a way, is about none, and stays
            gone_with_it = pl.any_horizontal(lost).fill_null(value=False)
            result[table] = result[table].filter(~gone_with_it)
    return result


def _ids(frames: Mapping[str, pl.DataFrame], table: str) -> pl.Series:
    return frames[table][KEYS[table]].implode()
