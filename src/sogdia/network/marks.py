"""Marks: which arcs bear the name of a place, a country, a mode, a link or a service.

Corridors, policy rules and observations all name parts of the network by the same tokens:
a node id, a two-capital country code, a link, terminal or service id, or ``mode:rail``.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import polars as pl
from scipy import sparse

from sogdia.network.model import Bools, Ints, Network
from sogdia.network.resource import POOL_MARK, own_ids

COUNTRY_CODE_LENGTH = 2
MODE_PREFIX = "mode:"


class Marks:
    """Answers which arcs bear a token, remembering the answers.

    An arc bears a country in which it lies or has an end, and a place at either of its
    ends; access and egress bear the place of the shipment's end.
    """

    def __init__(self, network: Network) -> None:
        self._arc = network.arc
        self._nodes = set(network.state["node_id"])
        self._nodes_of: dict[str, list[str]] = {
            country: nodes
            for country, nodes in network.state.drop_nulls("country")
            .group_by("country")
            .agg(pl.col("node_id").unique())
            .iter_rows()
        }
        self._known: dict[str, Bools] = {}

    def of(self, token: str) -> Bools:
        """Return the arcs that bear `token`, as a mask of shape (arcs,)."""
        if token not in self._known:
            mask = self._arc.select(self._expression(token).fill_null(value=False).alias("m"))
            self._known[token] = mask["m"].to_numpy().copy()
        return self._known[token]

    def any_of(self, tokens: Iterable[str]) -> Bools:
        """Return the arcs that bear at least one of `tokens`."""
        mask = np.zeros(self._arc.height, dtype=np.bool_)
        for token in tokens:
            mask |= self.of(token)
        return mask

    def _expression(self, token: str) -> pl.Expr:
        if token.startswith(MODE_PREFIX):
            line_haul = pl.col("kind").is_in(["link", "service"])
            return line_haul & (pl.col("mode") == token.removeprefix(MODE_PREFIX))
        if token in self._nodes:
            return (pl.col("tail_node_id") == token) | (pl.col("head_node_id") == token)
        if len(token) == COUNTRY_CODE_LENGTH and token.isupper():
            inside = self._nodes_of.get(token, [])
            return (
                pl.col("country").str.split(",").list.contains(token)
                | pl.col("tail_node_id").is_in(inside)
                | pl.col("head_node_id").is_in(inside)
            )
        return own_ids("row_id").str.split(POOL_MARK).list.contains(token) | (
            own_ids("link_id") == token
        )


def split(tokens: str | None) -> list[str]:
    """Split a comma-separated list of tokens; an empty cell has none."""
    return [token.strip() for token in tokens.split(",")] if tokens else []


def incidence(path_first: Ints, arcs: Ints, arc_count: int) -> sparse.csr_array:
    """Return the paths-by-arcs incidence matrix of ragged paths."""
    data = np.ones(len(arcs))
    return sparse.csr_array((data, arcs, path_first), shape=(len(path_first) - 1, arc_count))


def classify(corridor: pl.DataFrame, marks: Marks, paths: sparse.csr_array) -> list[str | None]:
    """Name the corridor of each path: the first, by priority, whose marks it bears.

    Parameters
    ----------
    corridor : DataFrame
        The study's corridor table.
    marks : Marks
        Of the network on which the paths run.
    paths : csr_array, shape (paths, arcs)
        Incidence of the paths.

    Returns
    -------
    list of str or None
        Corridor ids; None for a path that no corridor claims.
    """
    result = np.full(paths.shape[0], None, dtype=object)
    open_ = np.ones(paths.shape[0], dtype=np.bool_)
    for row in corridor.sort("priority").iter_rows(named=True):
        claimed = open_.copy()
        for token in split(row["all_of"]):
            claimed &= bears(paths, marks.of(token))
        if any_of := split(row["any_of"]):
            claimed &= bears(paths, marks.any_of(any_of))
        for token in split(row["none_of"]):
            claimed &= ~bears(paths, marks.of(token))
        result[claimed] = row["corridor_id"]
        open_ &= ~claimed
    return list(result)


def bears(paths: sparse.csr_array, mask: Bools) -> Bools:
    """Tell which paths use at least one arc of `mask`."""
    return np.asarray(paths @ mask.astype(np.float64)) > 0
