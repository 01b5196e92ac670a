"""Names as people type them: without accents, in another script, in part, or slightly wrong."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from unicodedata import normalize

import polars as pl
from anyascii import anyascii

from sogdia.errors import DataError

APOSTROPHES = re.compile("['`\"]")
BRACKETS = re.compile(r"\([^)]*\)|\[[^]]*\]")
OTHERS = re.compile(r"[^a-z0-9]+")
SHORTEST_BEGINNING = 3
LONGEST_LIST = 6


def fold(text: str) -> str:
    """Return a text as it is compared: Latin letters in lower case, digits, single blanks.

    Scripts other than Latin are transliterated letter by letter, which finds a place whose
    name is spoken alike and no other.

    Examples
    --------
    >>> fold("Małaszewicze"), fold("Xi'an (Xinzhu)"), fold("Алматы"), fold("西安")
    ('malaszewicze', 'xian xinzhu', 'almaty', 'xian')
    """
    latin = anyascii(normalize("NFC", text)).lower()
    return OTHERS.sub(" ", APOSTROPHES.sub("", latin)).strip()


def fold_bare(text: str) -> str:
    """Return the same without what stands in brackets.

    Examples
    --------
    >>> fold_bare("Khorgos (CN, Horgos)")
    'khorgos'
    """
    return fold(BRACKETS.sub(" ", anyascii(normalize("NFC", text))))


@dataclass(frozen=True, slots=True)
class Named:
    """A node by its name.

    Attributes
    ----------
    node_id, name : str
        A node without a name is called by its id.
    complete, bare : str
        The name folded, with and without what stands in brackets.
    """

    node_id: str
    name: str
    complete: str
    bare: str

    def __str__(self) -> str:
        return f"{self.name} ({self.node_id})"


def named_nodes(node: pl.DataFrame) -> list[Named]:
    """Return the names of all nodes."""
    rows = node.select("node_id", pl.coalesce("name", "node_id")).iter_rows()
    return [Named(key, name, fold(name), fold_bare(name) or fold(name)) for key, name in rows]


def find_node(
    node: pl.DataFrame, text: str, *, served: Collection[str] | None = None
) -> str | None:
    """Return the node that goes by an id, a UN/LOCODE or a name.

    Parameters
    ----------
    node : DataFrame
        The study's table of nodes.
    text : str
        What the user wrote.
    served : collection of str, optional
        Nodes that are preferred where a name fits several.

    Returns
    -------
    str or None
        Its ``node_id``; None where nothing fits.

    Raises
    ------
    DataError
        If several nodes fit equally well; the message lists them.

    Examples
    --------
    >>> node = pl.DataFrame({"node_id": ["CNXIA"], "name": ["Xi'an (Xinzhu)"],
    ...                      "unlocode": ["CNSIA"]})
    >>> find_node(node, "XIAN"), find_node(node, "CN SIA"), find_node(node, "Sian")
    ('CNXIA', 'CNXIA', None)
    """
    for keys in _by_code(node, text):
        if keys:
            return _the_one(keys, node, text, served)
    wanted = (fold(text), fold_bare(text) or fold(text))
    if not wanted[0]:
        return None
    names = named_nodes(node)
    for fits in _FITS:
        if keys := [one.node_id for one in names if fits(wanted, one)]:
            return _the_one(keys, node, text, served)
    return None


def _by_code(node: pl.DataFrame, text: str) -> list[list[str]]:
    """Nodes with this id, with this id in other capitals, and with this UN/LOCODE."""
    key, code = pl.col("node_id"), text.replace(" ", "").upper()
    tests = (key == text, key.str.to_uppercase() == text.upper(), pl.col("unlocode") == code)
    return [node.filter(test)["node_id"].to_list() for test in tests]


# From the best fit to the worst: a worse one counts only where no better one is found.
_FITS = (
    lambda wanted, one: one.complete == wanted[0],
    lambda wanted, one: one.bare == wanted[1],
    lambda wanted, one: one.bare.startswith(f"{wanted[1]} "),
    lambda wanted, one: f" {wanted[1]} " in f" {one.bare} ",
    lambda wanted, one: len(wanted[1]) >= SHORTEST_BEGINNING and f" {wanted[1]}" in f" {one.bare}",
    lambda wanted, one: f" {wanted[1]} " in f" {one.complete} ",
)


def _the_one(
    keys: Sequence[str], node: pl.DataFrame, text: str, served: Collection[str] | None
) -> str:
    if len(keys) > 1 and served is not None:
        keys = [key for key in keys if key in served] or keys
    if len(keys) == 1:
        return keys[0]
    several = [str(one) for one in named_nodes(node.filter(pl.col("node_id").is_in(keys)))]
    listed = ", ".join(several[:LONGEST_LIST])
    more = f" and {len(several) - LONGEST_LIST} more" if len(several) > LONGEST_LIST else ""
    raise DataError(f"{text!r} may be any of {listed}{more}; name one by its id")


def nearest_names(node: pl.DataFrame, text: str, count: int = 3) -> list[str]:
    """Return the places, by name and id, whose name or id is most like a text."""
    known: dict[str, list[str]] = {}
    for one in named_nodes(node):
        for key in {one.bare, one.bare.partition(" ")[0], one.node_id.lower()}:
            known.setdefault(key, []).append(str(one))
    return nearest_of(known, text, count)


def nearest_of(known: Mapping[str, Sequence[str]], text: str, count: int = 3) -> list[str]:
    """Return what stands under the keys most like a text, each once."""
    keys = get_close_matches(fold_bare(text) or fold(text), known, n=3 * count, cutoff=0.5)
    return list(dict.fromkeys(label for key in keys for label in known[key]))[:count]
