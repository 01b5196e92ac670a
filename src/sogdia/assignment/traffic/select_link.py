"""Select link: which trips use a link, from where to where."""

from __future__ import annotations

import numpy as np
import polars as pl

from sogdia.assignment.traffic.part import TrafficPart
from sogdia.network.resource import own_ids


def select_link(part: TrafficPart, link_id: str, forward: bool | None) -> pl.DataFrame:
    """Return the pairs whose trips use a link.

    Parameters
    ----------
    part : TrafficPart
        An equilibrium.
    link_id : str
        A link of the study.
    forward : bool or None
        Direction of travel along the link; None: either, and trips that use both count once.

    Returns
    -------
    DataFrame
        Columns: origin, destination, class_id, flow (over the link, times the part's share),
        share (of all that the pair has).
    """
    arc = part.meaning.arc
    chosen = (own_ids("link_id") == link_id) | (own_ids("row_id") == link_id)
    if forward is not None:
        chosen &= pl.col("forward") == forward
    on_link = arc.select(chosen.fill_null(value=False))["link_id"].to_numpy()
    paths = part.path_flows
    uses = np.zeros(len(paths.flow), dtype=np.bool_)
    uses[part.path_of_step[on_link[paths.arc]]] = True
    problem, meaning = part.problem, part.meaning
    over = np.bincount(paths.pair[uses], paths.flow[uses], minlength=len(problem.trips))
    pairs = np.flatnonzero(over > 0.0)
    return pl.DataFrame(
        {
            "origin": [meaning.origin[pair] for pair in pairs],
            "destination": [meaning.destination[pair] for pair in pairs],
            "class_id": [meaning.class_id[k] for k in problem.pair_class[pairs]],
            "flow": over[pairs] * part.share,
            "total": problem.trips[pairs] * part.share,
        },
        schema={
            "origin": pl.String,
            "destination": pl.String,
            "class_id": pl.String,
            "flow": pl.Float64,
            "total": pl.Float64,
        },
    )
