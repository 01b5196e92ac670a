"""Tokens: what a request may avoid, pass by or ask about, from the words a user has for it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

import polars as pl

from sogdia.errors import DataError
from sogdia.routing.names import find_node, fold, named_nodes, nearest_of
from sogdia.study import Study, base_id
from sogdia.study.columns import MODES
from sogdia.study.countries import COUNTRY_CODES
from sogdia.study.country_names import COUNTRY_CODE_BY_NAME, COUNTRY_NAMES

Kind = Literal[
    "country",
    "crossing",
    "mode",
    "corridor",
    "place",
    "service",
    "link",
    "terminal",
    "operator",
]
KINDS: tuple[Kind, ...] = get_args(Kind)

ACCEPTED = (
    "countries, places, crossings such as CN-KZ@Dostyk, corridors, operators, services, links, "
    f"terminals and modes ({', '.join(MODES)})"
)
OVER_WATER_OR_AIR = ("sea", "ferry", "air")
_CROSSING = re.compile(r"([A-Za-z]{2})-([A-Za-z]{2})\s*@\s*(.+)")
_OPERATORS = re.compile(r",| and ")
_CODES_BY_NAME = {fold(name): code for name, code in COUNTRY_CODE_BY_NAME.items()}


@dataclass(frozen=True, slots=True)
class Token:
    """A part of the network that a user named.

    Attributes
    ----------
    asked : str
        What the user wrote.
    kind : str
        One of `KINDS`.
    id : str
        Country code; key of the place, corridor, service, link or terminal; name of a mode
        or an operator; ``CN-KZ@KZDOS`` for a crossing, the countries in order of the alphabet.
    label : str
        What it is called.
    """

    asked: str
    kind: Kind
    id: str
    label: str


def find_token(study: Study, text: str) -> Token:
    """Return the part of a study that a user named.

    Tried in this order: country (code or English name), border crossing, mode, corridor (id
    or name), id of a place, service, link or terminal, operator, name of a place. A kind
    before a colon, as in ``corridor:road``, leaves no other.

    Parameters
    ----------
    study : Study
        The study.
    text : str
        What the user wrote; capitals and accents do not matter.

    Returns
    -------
    Token
        What was meant.

    Raises
    ------
    DataError
        If nothing goes by that name, or several places do.

    Examples
    --------
    >>> from sogdia.study.load import load
    >>> study = load("eurasia")
    >>> find_token(study, "Russia").id, find_token(study, "CN-KZ@Dostyk").id
    ('RU', 'CN-KZ@KZDOS')
    """
    wanted = text.strip()
    prefix, colon, rest = wanted.partition(":")
    given = prefix.strip().lower()
    kinds = tuple(kind for kind in KINDS if colon and kind == given)
    for kind, look_up in _LOOK_UPS:
        if kind in (kinds or KINDS):
            found = look_up(study, rest.strip() if kinds else wanted)
            if found is not None:
                return Token(text, kind, *found)
    raise DataError(_unknown(study, text, rest if kinds else wanted, kinds))


def operators_of(service_operator: str | None) -> tuple[str, ...]:
    """Return the operators that run a service together.

    Examples
    --------
    >>> operators_of("Turkmen MMF, ASCO"), operators_of("ASCO and others")
    (('Turkmen MMF', 'ASCO'), ('ASCO',))
    """
    names = [name.strip() for name in _OPERATORS.split(service_operator or "")]
    return tuple(name for name in names if name and name != "others")


Found = tuple[str, str] | None
"""Identifier and label."""


def _country(study: Study, text: str) -> Found:
    code = text.upper() if text.upper() in COUNTRY_CODES else _CODES_BY_NAME.get(fold(text))
    return None if code is None else (code, COUNTRY_NAMES[code])


def _crossing(study: Study, text: str) -> Found:
    match = _CROSSING.fullmatch(text)
    if match is None:
        return None
    one, other = sorted(country.upper() for country in match.groups()[:2])
    ends = _crossing_nodes(study, one, other)
    if ends.is_empty():
        known = ", ".join(sorted({f"{a}-{b}" for a, b in _border_pairs(study)}))
        raise DataError(
            f"{text!r}: no line over land joins {one} and {other} in the study; "
            f"these countries are joined: {known or 'none'}"
        )
    node_id = find_node(ends, match.group(3))
    if node_id is None:
        listed = ", ".join(str(place) for place in named_nodes(ends))
        raise DataError(
            f"{text!r}: the study has no crossing of {one} and {other} there; it has {listed}"
        )
    return f"{one}-{other}@{node_id}", f"border {one}-{other} at {_place_name(study, node_id)}"


def _mode(study: Study, text: str) -> Found:
    mode = text.lower()
    return (mode, mode) if mode in MODES else None


def _corridor(study: Study, text: str) -> Found:
    wanted = fold(text)
    for key, name in study.corridor.sort("priority").select("corridor_id", "name").iter_rows():
        if wanted in (fold(key), fold(name)):
            return key, name
    return None


def _place_id(study: Study, text: str) -> Found:
    keys = study.node["node_id"]
    codes = study.node.filter(pl.col("unlocode") == text.upper())["node_id"].to_list()
    key = _same(text, keys.to_list()) or (codes[0] if len(codes) == 1 else None)
    return None if key is None else (key, _place_name(study, key))


def _row_of(table: str) -> Callable[[Study, str], Found]:
    def look_up(study: Study, text: str) -> Found:
        rows = study.frames()[table].select(f"{table}_id", "name").iter_rows()
        names = {base_id(key): name for key, name in rows}
        key = _same(text, list(names))
        return None if key is None else (key, names[key] or key)

    return look_up


def _operator(study: Study, text: str) -> Found:
    wanted = fold(text)
    for name in _operators(study):
        if fold(name) == wanted:
            return name, name
    return None


def _place_by_name(study: Study, text: str) -> Found:
    key = find_node(study.node, text)
    return None if key is None else (key, _place_name(study, key))


_LOOK_UPS: tuple[tuple[Kind, Callable[[Study, str], Found]], ...] = (
    ("country", _country),
    ("crossing", _crossing),
    ("mode", _mode),
    ("corridor", _corridor),
    ("place", _place_id),
    ("service", _row_of("service")),
    ("link", _row_of("link")),
    ("terminal", _row_of("terminal")),
    ("operator", _operator),
    ("place", _place_by_name),
)


def _same(text: str, keys: list[str]) -> str | None:
    """Return the key that a text is, in its own capitals first and in any others then."""
    if text in keys:
        return text
    return next((key for key in keys if key.lower() == text.lower()), None)


def _place_name(study: Study, node_id: str) -> str:
    name = study.node.filter(pl.col("node_id") == node_id)["name"].item()
    return str(name or node_id)


def _operators(study: Study) -> list[str]:
    names = study.service["operator"].drop_nulls().unique(maintain_order=True)
    return list(dict.fromkeys(one for text in names for one in operators_of(text)))


def _border_links(study: Study) -> pl.DataFrame:
    """Links over land between two countries: their ends, and the countries in order."""
    country = study.node.select("node_id", "country")
    over_land = ~pl.col("mode").cast(pl.String).is_in(OVER_WATER_OR_AIR)
    links = study.link.filter(over_land).select("from_node_id", "to_node_id")
    for end in ("from", "to"):
        links = links.join(
            country.rename({"node_id": f"{end}_node_id", "country": end}), on=f"{end}_node_id"
        )
    return links.filter(pl.col("from") != pl.col("to")).with_columns(
        one=pl.min_horizontal("from", "to"), other=pl.max_horizontal("from", "to")
    )


def _border_pairs(study: Study) -> list[tuple[str, str]]:
    return _border_links(study).select("one", "other").unique().rows()


def _crossing_nodes(study: Study, one: str, other: str) -> pl.DataFrame:
    links = _border_links(study).filter((pl.col("one") == one) & (pl.col("other") == other))
    ends = [*links["from_node_id"], *links["to_node_id"]]
    return study.node.filter(pl.col("node_id").is_in(ends))


def _unknown(study: Study, text: str, wanted: str, kinds: tuple[Kind, ...]) -> str:
    if not wanted.strip():
        return f"{text!r} names nothing; accepted are {ACCEPTED}"
    near = ", ".join(nearest_of(_all_labels(study, kinds or KINDS), wanted))
    hint = f"nearest: {near}; " if near else ""
    return f"{text!r} names nothing in the study; {hint}accepted are {ACCEPTED}"


def _all_labels(study: Study, kinds: tuple[Kind, ...]) -> Mapping[str, list[str]]:
    """Return what can be named, by its folded names."""
    known: dict[str, list[str]] = {}
    for kind, key, label, *names in _everything(study):
        if kind in kinds:
            shown = f"{label} ({kind})" if label == key else f"{label} ({kind} {key})"
            for name in (key, label, *names):
                known.setdefault(fold(name), []).append(shown)
    return known


def _everything(study: Study) -> Iterator[tuple[str, ...]]:
    """Yield kind, id and label of everything that can be named, and what else it is called."""
    for code in study.node["country"].drop_nulls().unique().sort():
        other = (name for name, of in COUNTRY_CODE_BY_NAME.items() if of == code)
        yield ("country", code, COUNTRY_NAMES.get(code, code), *other)
    for place in named_nodes(study.node):
        yield ("place", place.node_id, place.name, place.bare, place.bare.split(" ")[0])
    for key, name in study.corridor.select("corridor_id", "name").iter_rows():
        yield ("corridor", key, name)
    yield from (("operator", name, name) for name in _operators(study))
    yield from (("mode", mode, mode) for mode in MODES)
    for table in ("service", "link", "terminal"):
        keys = map(base_id, study.frames()[table][f"{table}_id"])
        yield from ((table, key, key) for key in dict.fromkeys(keys))
