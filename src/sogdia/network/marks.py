"""Marks: which arcs bear the name of a place, a country, a mode, a link or a service.

Corridors, policy rules and observations all name parts of the network by the same tokens:
a node id, a two-capital country code, a link, terminal or service id, or ``mode:rail``.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from numba import njit
from scipy import sparse

from sogdia.network.model import Bools, Ints, Network
from sogdia.network.resource import POOL_MARK, own_ids

COUNTRY_CODE_LENGTH = 2
MODE_PREFIX = "mode:"
BITS = 64
RULES = ("all_of", "any_of", "none_of")


class Marks:
    """Answers which arcs bear a token, remembering the answers.

    An arc bears a country in which it lies or has an end, and a place at either of its
    ends; access and egress bear the place of the shipment's end.
    """

    def __init__(self, network: Network) -> None:
        self._arc = network.arc.with_row_index("arc")
        self._node = network.state.select("node_id", "country").unique()
        self._nodes = set(self._node["node_id"])
        self._known: dict[str, Bools] = {}

    def of(self, token: str) -> Bools:
        """Return the arcs that bear `token`, as a mask of shape (arcs,)."""
        if token not in self._known:
            mask = np.zeros(self._arc.height, dtype=np.bool_)
            mask[self._index_of(token).get(token, [])] = True
            self._known[token] = mask
        return self._known[token]

    def any_of(self, tokens: Iterable[str]) -> Bools:
        """Return the arcs that bear at least one of `tokens`."""
        mask = np.zeros(self._arc.height, dtype=np.bool_)
        for token in tokens:
            mask |= self.of(token)
        return mask

    def _index_of(self, token: str) -> dict[str, Ints]:
        """Return the index in which a token of its kind is looked up."""
        if token.startswith(MODE_PREFIX):
            return self._by_mode
        if token in self._nodes:
            return self._by_node
        if len(token) == COUNTRY_CODE_LENGTH and token.isupper():
            return self._by_country
        return self._by_id

    @cached_property
    def _by_mode(self) -> dict[str, Ints]:
        line_haul = self._arc.filter(pl.col("kind").is_in(["link", "service"]))
        return _index([line_haul.select("arc", token=MODE_PREFIX + pl.col("mode"))])

    @cached_property
    def _ends(self) -> pl.DataFrame:
        """Arcs and the nodes at their ends."""
        return pl.concat(
            self._arc.select("arc", node_id=f"{end}_node_id") for end in ("tail", "head")
        )

    @cached_property
    def _by_node(self) -> dict[str, Ints]:
        return _index([self._ends.rename({"node_id": "token"})])

    @cached_property
    def _by_country(self) -> dict[str, Ints]:
        through = self._arc.select("arc", token=pl.col("country").str.split(",")).explode("token")
        ends = self._ends.join(self._node, on="node_id").select("arc", token="country")
        return _index([through, ends])

    @cached_property
    def _by_id(self) -> dict[str, Ints]:
        rows = self._arc.select("arc", token=own_ids("row_id").str.split(POOL_MARK))
        links = self._arc.select("arc", token=own_ids("link_id"))
        return _index([rows.explode("token"), links])


def _index(frames: list[pl.DataFrame]) -> dict[str, Ints]:
    """Return the arcs of each token, from pairs of arc and token."""
    pairs = pl.concat(frames).drop_nulls().sort("token")
    arcs = pairs["arc"].to_numpy()
    first = np.flatnonzero(pairs.select(pl.col("token").is_first_distinct()).to_series())
    tokens = pairs["token"].gather(first).to_list()
    ends = np.append(first, len(arcs))
    return {
        token: arcs[begin:end]
        for token, begin, end in zip(tokens, ends[:-1], ends[1:], strict=True)
    }


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
    ordered = corridor.sort("priority")
    tokens = {token for row in ordered.iter_rows(named=True) for token in _tokens(row)}
    number = {token: column for column, token in enumerate(sorted(tokens))}
    borne = _borne(paths, [marks.of(token) for token in number])
    result = np.full(paths.shape[0], None, dtype=object)
    open_ = np.ones(paths.shape[0], dtype=np.bool_)
    for row in ordered.iter_rows(named=True):
        all_of, any_of, none_of = (
            borne[:, [number[token] for token in split(row[rule])]] for rule in RULES
        )
        claimed = open_ & all_of.all(axis=1) & ~none_of.any(axis=1)
        if any_of.shape[1]:
            claimed &= any_of.any(axis=1)
        result[claimed] = row["corridor_id"]
        open_ &= ~claimed
    return list(result)


def _tokens(row: dict[str, Any]) -> list[str]:
    return [token for rule in RULES for token in split(row[rule])]


def _borne(paths: sparse.csr_array, masks: list[Bools]) -> Bools:
    """Tell which paths use an arc of which masks, shape (paths, masks)."""
    words = -(-len(masks) // BITS)
    bits = np.zeros((paths.shape[1], words * BITS), dtype=np.bool_)
    for column, mask in enumerate(masks):
        bits[:, column] = mask
    borne = np.zeros((paths.shape[0], words), dtype=np.uint64)
    _unite(paths.indptr, paths.indices, np.packbits(bits, axis=1).view(np.uint64), borne)
    return np.unpackbits(borne.view(np.uint8), axis=1, count=len(masks)).astype(np.bool_)


@njit(cache=True, nogil=True)
def _unite(first: Ints, arcs: Ints, word: Ints, united: Ints) -> None:
    """Fill the bits that some arc of each path has; `word` has shape (arcs, words)."""
    for path in range(united.shape[0]):
        for step in range(first[path], first[path + 1]):
            for k in range(united.shape[1]):
                united[path, k] |= word[arcs[step], k]


def bears(paths: sparse.csr_array, mask: Bools) -> Bools:
    """Tell which paths use at least one arc of `mask`."""
    return np.asarray(paths @ mask.astype(np.float64)) > 0
