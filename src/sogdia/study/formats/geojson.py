"""GeoJSON: nodes of a study as points, its links as lines, in one file that is read again.

RFC 7946 knows longitudes and latitudes only. A study in another coordinate reference system is
written with member ``crs`` of the format's first edition (2008), which GIS still understand.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl
from pydantic import ValidationError

from sogdia.errors import DataError, Problem, ResourceError
from sogdia.study import Settings, Study, Tables
from sogdia.study.check import check_sheets
from sogdia.study.columns import ID
from sogdia.study.formats.courses import points_of
from sogdia.study.formats.crs import Crs, parse_crs
from sogdia.study.formats.geojson_features import Features, read_features
from sogdia.study.formats.geojson_network import ASSUMED, GIVEN, Network, Row, build_network
from sogdia.study.formats.layers import link_courses, node_table, study_crs
from sogdia.study.model import GEOGRAPHIC, SCHEMAS, TrafficSettings
from sogdia.study.sheet import Sheet, typed_sheet

MOST_NAMED = 8


def write(study: Study, path: str | Path, *, flows: pl.DataFrame | None = None) -> None:
    """Write nodes and links as one FeatureCollection; a file of that name is replaced.

    Parameters
    ----------
    study : Study
        The study.
    path : str or Path
        The file.
    flows : DataFrame, optional
        Results to join to links by ``link_id`` (see `sogdia.study.formats.flows`).

    Raises
    ------
    DataError
        If no node of the study has coordinates.
    ResourceError
        If the machine refuses to write there.
    """
    path = Path(path)
    head = json.dumps(_members(study, study_crs(study)), ensure_ascii=False)
    features = (
        json.dumps(feature, ensure_ascii=False, allow_nan=False)
        for feature in _features(study, flows)
    )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8", newline="\n") as file:
            file.write(f'{head[:-1]}, "features": [\n')
            for number, feature in enumerate(features):
                file.write(",\n" if number else "")
                file.write(feature)
            file.write("\n]}\n")
    except OSError as error:
        raise ResourceError(f"{path} cannot be written: {error.strerror or error}") from error


def _members(study: Study, crs: Crs) -> dict[str, Any]:
    members: dict[str, Any] = {"type": "FeatureCollection", "name": study.name}
    if crs.is_local:
        members["crs"] = None
    elif not crs.in_degrees:
        members["crs"] = {"type": "name", "properties": {"name": crs.urn}}
    if study.settings.traffic is not None:
        members["traffic"] = study.settings.traffic.model_dump()
    return members


def _features(study: Study, flows: pl.DataFrame | None) -> Iterator[dict[str, Any]]:
    places = zip(study.node["x_coord"], study.node["y_coord"], strict=True)
    points = (
        None if None in place else {"type": "Point", "coordinates": place} for place in places
    )
    yield from _rows(node_table(study), "node_id", points)
    link = link_courses(study, flows)
    lines = (_line(flat, link.parts.get(row)) for row, flat in enumerate(link.course))
    yield from _rows(link.table, "link_id", lines)


def _line(flat: pl.Series | None, parts: list[Any] | None) -> dict[str, Any] | None:
    if flat is None:
        return None
    if parts is not None:
        return {"type": "MultiLineString", "coordinates": parts}
    return {"type": "LineString", "coordinates": points_of(flat)}


def _rows(
    table: pl.DataFrame, key: str, geometries: Iterable[Mapping[str, Any] | None]
) -> Iterator[dict[str, Any]]:
    """Yield rows as features; columns without any value are left out."""
    filled = [column.name for column in table if column.null_count() < table.height]
    # JSON knows neither dates nor what is not finite.
    plain = table.select(filled).with_columns(
        pl.col(pl.Date, pl.Enum).cast(pl.String),
        pl.when(pl.col(pl.Float64, pl.Float32).is_finite()).then(pl.col(pl.Float64, pl.Float32)),
    )
    rows = plain.iter_rows(named=True)
    for row, geometry in zip(rows, geometries, strict=True):
        yield {"type": "Feature", "id": row[key], "properties": row, "geometry": geometry}


def read(path: str | Path) -> tuple[Study | None, list[Problem], list[Problem]]:
    """Read a FeatureCollection of lines, and points if it has any, as a study.

    Properties are called as the columns of tables ``node``, ``link`` and ``road``, or as
    those of GMNS. Lines without ``from_node_id`` and ``to_node_id`` are joined where the
    coordinates of their ends are equal.

    Parameters
    ----------
    path : str or Path
        The file.

    Returns
    -------
    study : Study or None
        The study; None if there are problems. What the file leaves out and was assumed
        is a source of its own.
    problems, slips : list of Problem
        What is wrong, and what was ignored. ``row`` counts features from 1.

    Raises
    ------
    ResourceError
        If the machine refuses to read it.
    """
    path = Path(path)
    try:
        features, problems = read_features(path)
    except DataError as error:
        return None, list(error.problems), []
    if not features.links:
        problems.append(
            Problem("has no LineString, and a study needs at least one link", path.name)
        )
    settings, found = _settings(features, path)
    network = build_network(features.nodes, features.links, parse_crs(settings.crs), path.name)
    problems += found + network.problems
    sheets, found = _sheets(network, path.name)
    problems += found
    if network.road and settings.traffic is None:
        settings = settings.model_copy(update={"traffic": TrafficSettings(units_assumed=True)})
    if not problems:
        problems += check_sheets(sheets, geographic=settings.is_geographic)
    if problems:
        return None, problems, _slips(network, path.name)
    tables = Tables.cast({name: sheet.frame for name, sheet in sheets.items()})
    return Study(settings, tables, path), [], _slips(network, path.name)


def _settings(features: Features, path: Path) -> tuple[Settings, list[Problem]]:
    problems = []
    members = features.members
    name = members.get("name")
    settings = Settings(name=name if isinstance(name, str) and name else path.stem)
    crs = _crs(members)
    if crs is None:
        problems.append(Problem("has a crs that is not given by its name", path.name))
    else:
        settings = settings.model_copy(update={"crs": GEOGRAPHIC if crs.in_degrees else crs.name})
    if "traffic" in members:
        try:
            traffic = TrafficSettings.model_validate(members["traffic"])
            settings = settings.model_copy(update={"traffic": traffic})
        except ValidationError:
            problems.append(Problem("has a member traffic that is not as [traffic]", path.name))
    return settings, problems


def _crs(members: Mapping[str, Any]) -> Crs | None:
    match members.get("crs", {}):
        case None:
            return Crs()
        case {"type": "name", "properties": {"name": str(name)}}:
            return parse_crs(name)
        case {} if "crs" not in members:
            return Crs("OGC", "CRS84")
        case _:
            return None


def _sheets(network: Network, file: str) -> tuple[dict[str, Sheet], list[Problem]]:
    """Type the tables and add the rows that they refer to."""
    classes = _user_classes(network)
    if classes:
        words = "a user class is one passenger car equivalent and has no toll_factor"
        network.assumed.setdefault(words, set())
    _name_sources(network)
    user_class = [{"class_id": name, "pce": "1", "source_id": ASSUMED} for name in classes]
    texts: dict[str, tuple[list[Row], list[int]]] = {
        "node": (network.node, network.node_rows),
        "link": (network.link, network.link_rows),
        "road": (network.road, network.road_rows),
        "user_class": (user_class, [0] * len(user_class)),
    }
    source = _sources([row for rows, _ in texts.values() for row in rows], network, file)
    texts["source"] = (source, [0] * len(source))
    sheets, problems = {}, []
    for name, schema in SCHEMAS.items():
        rows, numbers = texts.get(name, ([], []))
        try:
            text = _columns(rows)
        except UnicodeEncodeError:
            problems.append(Problem(f"has a {name} with half a character (a lone surrogate)", file))
            text, numbers = pl.DataFrame(), []
        sheets[name], found = typed_sheet(
            schema, file, text, pl.Series("row", numbers, dtype=pl.Int64)
        )
        problems += found
    return sheets, problems


def _columns(rows: Sequence[Row]) -> pl.DataFrame:
    names = sorted({name for row in rows for name in row})
    return pl.DataFrame(
        {name: [row.get(name, "") for row in rows] for name in names},
        schema=dict.fromkeys(names, pl.String),
    )


def _user_classes(network: Network) -> list[str]:
    """Return the user classes that roads name."""
    lists = (row["allowed_classes"].split(",") for row in network.road)
    names = (name.strip() for one in lists for name in one)
    return list(dict.fromkeys(name for name in names if name))


def _name_sources(network: Network) -> None:
    """Give rows without a source the file as theirs, or what was assumed."""
    assumed = set().union(*network.assumed.values())
    for index, row in enumerate(network.link):
        row["source_id"] = row.get("source_id") or (ASSUMED if index in assumed else GIVEN)
    for row in (*network.node, *network.road):
        row["source_id"] = row.get("source_id") or GIVEN


def _sources(rows: Iterable[Row], network: Network, file: str) -> list[Row]:
    """Return a row for each source that rows name; the file does not say what they are."""
    used = dict.fromkeys(row["source_id"] for row in rows)
    if network.assumed:
        used[ASSUMED] = None
    named = pl.Series(list(used), dtype=pl.String)
    sources = []
    for name in named.filter(named.str.contains(ID)):
        row = {"source_id": name, "kind": "study", "title": name, "note": f"named by {file}"}
        if name == GIVEN:
            row |= {"title": file, "note": ""}
        elif name == ASSUMED:
            note = _assumptions(network) or "as an earlier import said"
            row |= {"kind": "assumption", "title": f"Assumed beside {file}", "note": note}
        sources.append(row)
    return sources


def _assumptions(network: Network) -> str:
    """Say what was assumed, and of how many links."""
    counted = (
        f"{words} ({len(rows):,} of {len(network.link):,} links)" if rows else words
        for words, rows in network.assumed.items()
    )
    return "; ".join(counted)


def _slips(network: Network, file: str) -> list[Problem]:
    """Name the properties that are not read."""
    names = sorted(network.ignored)
    if not names:
        return []
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    shown = ", ".join(names[:MOST_NAMED])
    return [Problem(f"properties that are not read: {shown}{more}", file)]
