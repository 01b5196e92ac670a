"""Networks of the General Modeling Network Specification (GMNS), to and from a `Study`.

Units come from ``config.csv``. Capacities there are of a lane and an hour; a study has those of
all lanes. Trips come from ``demand.csv`` (``o_zone_id``, ``d_zone_id``, ``volume`` and ``class``),
which is no table of the specification, but of the tools that use it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import polars as pl

from sogdia.errors import Problem
from sogdia.study.check import check_sheets, unknown_value
from sogdia.study.files import SETTINGS_FILE, StudyFiles, read_files
from sogdia.study.formats.crs import UNKNOWN, parse_crs
from sogdia.study.formats.gmns_schema import OTHER_COLUMNS, OTHER_TABLES, TABLES
from sogdia.study.formats.gmns_writer import (
    ALPHA,
    BETA,
    CLASSES_ASSUMED,
    DELAY_ASSUMED,
    NETWORK,
    write,
)
from sogdia.study.geometry import distance_km
from sogdia.study.model import GEOGRAPHIC, Settings, Study, TrafficSettings, tables_of
from sogdia.study.sheet import Sheet, read_sheet
from sogdia.study.traffic_units import (
    KM_H_IN,
    KM_IN,
    LENGTH_WORDS,
    PER_HOUR,
    SPEED_WORDS,
    unit_of,
)

__all__ = ["read", "read_content", "recognises", "write"]

ONLY_CLASS = "vehicle"
OWN_COLUMNS = ("mode", "length_km")
MARKS = ("config.csv", "use_definition.csv", "use_group.csv", "zone.csv", "geometry.csv")
Sheets = dict[str, Sheet]
NEEDED = ("node", "link")


def recognises(files: StudyFiles) -> bool:
    """Tell whether these are tables of GMNS rather than of a study."""
    if SETTINGS_FILE in files.content or not {"node.csv", "link.csv"} <= files.content.keys():
        return False
    header = _header(files, "link.csv")
    if "from_node_id" not in header:
        return False
    foreign = not {*OWN_COLUMNS} & header
    return foreign or ("length_km" not in header and any(name in files.content for name in MARKS))


def _header(files: StudyFiles, file: str) -> set[str]:
    first = files.content[file].split(b"\n", 1)[0].decode("utf-8-sig", errors="replace")
    return {name.strip().strip('"') for name in first.split(",")}


def read(folder: str | Path) -> tuple[Study | None, list[Problem], list[Problem]]:
    """Read a folder, or zip, of GMNS tables.

    Parameters
    ----------
    folder : str or Path
        Holds ``node.csv`` and ``link.csv``; the tables of `gmns_schema.TABLES` may be beside.

    Returns
    -------
    study : Study or None
        The study; None if there are problems.
    problems, slips : list of Problem
        What is wrong, with file, row and column, and what looks like a slip.

    Raises
    ------
    DataError
        If there is no such folder.
    ResourceError
        If the machine refuses to read it.
    """
    return read_content(read_files(folder))


def read_content(files: StudyFiles) -> tuple[Study | None, list[Problem], list[Problem]]:
    """Read files that are in memory; see `read`."""
    sheets, problems, slips = _read_sheets(files)
    if not sheets.keys() >= {*NEEDED}:
        return None, problems, slips
    for table in NEEDED:
        if sheets[table].frame.is_empty():
            problems.append(Problem(f"has no rows: a network needs a {table}", f"{table}.csv"))
    traffic, crs, found = _config(sheets)
    problems += found
    sheets["link"] = _with_courses(sheets)
    problems += check_sheets(sheets, geographic=crs == GEOGRAPHIC)
    classes, road_classes, found = _classes(sheets)
    problems += found
    trip, found = _trips(sheets, classes)
    problems += found
    length_km, found = _lengths(sheets, traffic, crs)
    problems += found
    slips += _duplicates(sheets["link"])
    if problems:
        return None, problems, slips
    settings = Settings(name=files.name or "network", crs=crs, traffic=traffic)
    frames = _link_tables(sheets["link"].frame, traffic, length_km, road_classes)
    frames["node"] = _node_table(sheets["node"].frame)
    frames["user_class"] = classes
    frames["trip"] = trip
    frames["source"] = _sources(frames["road"], traffic)
    return Study(settings, tables_of(frames), files.path), [], slips


def _read_sheets(files: StudyFiles) -> tuple[Sheets, list[Problem], list[Problem]]:
    sheets: Sheets = {}
    problems: list[Problem] = []
    slips: list[Problem] = []
    for table, schema in TABLES.items():
        file = f"{table}.csv"
        if file not in files.content:
            if table in NEEDED:
                problems.append(Problem("is not there; a network of GMNS needs it", file))
            continue
        data = files.content[file]
        if table == "demand":
            data = _use_for_class(data)
        sheet, wrong, odd = read_sheet(schema, file, data)
        problems += wrong
        known = OTHER_COLUMNS.get(table, ())
        slips += [
            replace(slip, message="a study has no place for this column; it is not kept")
            if slip.column in known
            else slip
            for slip in odd
        ]
        if sheet is not None:
            sheets[table] = sheet
    for file in sorted(files.content):
        name = file.removesuffix(".csv")
        if file.endswith(".csv") and name not in TABLES:
            message = "is not a table of GMNS and is ignored"
            if name in OTHER_TABLES:
                message = "a study has no place for this table; it is not kept"
            slips.append(Problem(message, file))
    return sheets, problems, slips


def _use_for_class(data: bytes) -> bytes:
    """Name column ``class`` of a demand table ``use``: a schema cannot have the former."""
    head, line_end, rest = data.partition(b"\n")
    names = [b"use" if name.strip() == b"class" else name for name in head.split(b",")]
    return b",".join(names) + line_end + rest


def _config(sheets: Sheets) -> tuple[TrafficSettings, str, list[Problem]]:
    """Return units and coordinate reference system; what is not said is assumed."""
    said = sheets["config"].frame.row(0, named=True) if _has_rows(sheets, "config") else {}
    units: dict[str, str | None] = {}
    problems = []
    for column, words in (("long_length", LENGTH_WORDS), ("speed", SPEED_WORDS)):
        text = said.get(column)
        units[column] = None if text is None else unit_of(text, words)
        if text is not None and units[column] is None:
            message = f"{text!r} is not a unit of {column}; known: {', '.join(words)}"
            problems.append(Problem(message, "config.csv", 2, column))
    written = said.get("geometry_field_format")
    if written is not None and written.upper() != "WKT":
        message = f"{written!r} cannot be read; courses have to be WKT"
        problems.append(Problem(message, "config.csv", 2, "geometry_field_format"))
    traffic = TrafficSettings(
        time_unit="min",
        length_unit=units["long_length"] or "km",  # type: ignore[arg-type]
        speed_unit=units["speed"] or "km/h",  # type: ignore[arg-type]
        units_assumed=None in units.values(),
        period="hour",
    )
    return traffic, _crs(said.get("crs"), sheets["node"].frame), problems


def _has_rows(sheets: Sheets, table: str) -> bool:
    return table in sheets and not sheets[table].frame.is_empty()


def _crs(said: str | None, node: pl.DataFrame) -> str:
    """Return the system of coordinates; one not named is degrees if all of them could be."""
    if said is not None:
        crs = parse_crs(said)
        if crs.in_degrees:
            return GEOGRAPHIC
        return said if crs.is_local else crs.name
    degrees = node.select(
        (pl.col("x_coord").abs() <= 180).fill_null(value=False).all()
        & (pl.col("y_coord").abs() <= 90).fill_null(value=False).all()
    ).item()
    return GEOGRAPHIC if degrees else UNKNOWN


def _with_courses(sheets: Sheets) -> Sheet:
    """Return the sheet of links with the courses of table ``geometry`` in it."""
    link = sheets["link"]
    if "geometry" not in sheets:
        return link
    courses = sheets["geometry"].frame.unique("geometry_id", keep="first")
    joined = link.frame.join(
        courses, on="geometry_id", how="left", maintain_order="left", suffix="_of_table"
    )
    whole = joined.with_columns(geometry=pl.coalesce("geometry", "geometry_of_table"))
    return replace(link, frame=whole.select(link.frame.columns))


def _classes(sheets: Sheets) -> tuple[pl.DataFrame, pl.DataFrame, list[Problem]]:
    """Return user classes, and which of them each text of ``allowed_uses`` means."""
    texts = sheets["link"].frame["allowed_uses"].drop_nulls().unique(maintain_order=True)
    uses = {text: _items(text) for text in texts}
    groups: dict[str, list[str]] = {}
    if _has_rows(sheets, "use_group"):
        rows = sheets["use_group"].frame.select("use_group", "uses").drop_nulls().iter_rows()
        groups = {name: _items(members) for name, members in rows}
    problems: list[Problem] = []
    if _has_rows(sheets, "use_definition"):
        defined = sheets["use_definition"].frame
        known = {*defined["use"], *groups}
        problems = _unknown_uses(sheets["link"], uses, known)
        classes = defined.select(
            class_id="use",
            name="description",
            pce="pce",
            toll_factor="toll_factor",
            distance_factor="distance_factor",
            source_id=pl.lit(NETWORK),
        )
    else:
        named = list(dict.fromkeys(item for items in uses.values() for item in items))
        if _has_rows(sheets, "demand"):
            named += (
                sheets["demand"].frame["use"].drop_nulls().unique(maintain_order=True).to_list()
            )
        named = list(dict.fromkeys(named)) or [ONLY_CLASS]
        classes = pl.DataFrame({"class_id": named}).with_columns(
            pce=pl.lit(1.0), source_id=pl.lit(CLASSES_ASSUMED)
        )
    meant = [
        ",".join(dict.fromkeys(use for item in items for use in groups.get(item, [item])))
        for items in uses.values()
    ]
    means = pl.DataFrame(
        {"allowed_uses": list(uses), "allowed_classes": meant},
        schema={"allowed_uses": pl.String, "allowed_classes": pl.String},
    )
    return classes, means, problems


def _items(text: str) -> list[str]:
    """Split a list: by commas, as the specification has it, or by semicolons, as some tools do."""
    return [item.strip() for item in text.replace(";", ",").split(",") if item.strip()]


def _unknown_uses(
    link: Sheet, uses: Mapping[str, list[str]], known: Iterable[str]
) -> list[Problem]:
    known = pl.Series(sorted(known), dtype=pl.String)
    unknown = {
        text: [item for item in items if item not in set(known)] for text, items in uses.items()
    }
    wrong = link.frame["allowed_uses"].is_in([text for text, items in unknown.items() if items])
    place = "use_definition.csv column use, nor in use_group.csv"
    values = link.frame["allowed_uses"]
    return link.problems(
        "allowed_uses",
        wrong,
        lambda i: "; ".join(unknown_value(item, place, known) for item in unknown[values[i]]),
    )


def _trips(sheets: Sheets, classes: pl.DataFrame) -> tuple[pl.DataFrame, list[Problem]]:
    """Return trips; those whose row names no class are of the only one."""
    columns = ("origin_zone_id", "destination_zone_id", "class_id", "trips", "source_id")
    if not _has_rows(sheets, "demand"):
        types = [pl.Float64 if name == "trips" else pl.String for name in columns]
        return pl.DataFrame(schema=dict(zip(columns, types, strict=True))), []
    sheet = sheets["demand"]
    names = classes["class_id"]
    problems = sheet.problems(
        "class",
        ~sheet.frame["use"].is_in(names.implode()),
        lambda i: unknown_value(sheet.frame["use"][i], "use_definition.csv column use", names),
    )
    if names.len() == 1:
        whole = sheet.frame.with_columns(pl.col("use").fill_null(names[0]))
    else:
        whole = sheet.frame
        listed = ", ".join(names)
        problems += sheet.problems(
            "class", whole["use"].is_null(), lambda _: f"a value is missing; the classes: {listed}"
        )
    key = ["o_zone_id", "d_zone_id", "use"]
    repeated = whole.select(~pl.struct(key).is_first_distinct()).to_series()
    problems += sheet.problems(
        None, repeated, lambda i: "trips from {} to {} are given before".format(*whole.row(i)[:2])
    )
    renamed = whole.select(
        origin_zone_id="o_zone_id",
        destination_zone_id="d_zone_id",
        class_id="use",
        trips="volume",
        source_id=pl.lit(NETWORK),
    )
    return renamed, problems


def _lengths(sheets: Sheets, traffic: TrafficSettings, crs: str) -> tuple[pl.Series, list[Problem]]:
    """Return lengths, km; one that is not given is the great-circle distance of the nodes."""
    link = sheets["link"]
    length = link.frame["length"] * KM_IN[traffic.length_unit]
    if not length.has_nulls():
        return length, []
    if crs != GEOGRAPHIC:
        missing = length.is_null()
        if "length" in link.unread:
            missing &= ~link.unread["length"]
        message = "a value is missing, and coordinates that are not in degrees do not give it"
        return length, link.problems("length", missing, lambda _: message)
    place = sheets["node"].frame.unique("node_id", keep="first")
    ends = link.frame.select("from_node_id", "to_node_id")
    for end in ("from", "to"):
        named = place.select(
            pl.col("node_id").alias(f"{end}_node_id"),
            pl.col("x_coord").alias(f"{end}_x"),
            pl.col("y_coord").alias(f"{end}_y"),
        )
        ends = ends.join(named, on=f"{end}_node_id", how="left", maintain_order="left")
    start, end_point = (pl.col("from_x"), pl.col("from_y")), (pl.col("to_x"), pl.col("to_y"))
    return length.zip_with(
        length.is_not_null(), ends.select(distance_km(start, end_point)).to_series()
    ), []


def _duplicates(link: Sheet) -> list[Problem]:
    """Tell of links from and to the same nodes as an earlier one: allowed, but often a slip."""
    ends = link.frame.select("from_node_id", "to_node_id")
    repeated = ends.select(
        ~pl.struct("from_node_id", "to_node_id").is_first_distinct()
        & pl.all_horizontal(pl.all().is_not_null())
    ).to_series()
    return link.problems(
        None, repeated, lambda i: "another link from node {} to node {}".format(*ends.row(i))
    )


def _node_table(node: pl.DataFrame) -> pl.DataFrame:
    return node.with_columns(source_id=pl.lit(NETWORK))


def _link_tables(
    gmns: pl.DataFrame, traffic: TrafficSettings, length_km: pl.Series, classes: pl.DataFrame
) -> dict[str, pl.DataFrame]:
    """Return tables ``link`` and ``road``."""
    link = gmns.select(
        "link_id",
        "name",
        "from_node_id",
        "to_node_id",
        "directed",
        mode=pl.lit("road"),
        length_km=length_km,
        time_h=pl.col("vdf_fftt") / PER_HOUR["min"],
        free_speed_km_h=pl.col("free_speed") * KM_H_IN[traffic.speed_unit],
        cost_usd_t=pl.lit(0.0),
        source_id=pl.lit(NETWORK),
        geometry="geometry",
    )
    alpha = pl.col("vdf_alpha")
    limited = pl.col("capacity").is_not_null()
    assumed = limited & pl.col("lanes").is_not_null() & alpha.is_null() & pl.col("delay").is_null()
    guessed = pl.when(assumed | (limited & (alpha > 0))).then(pl.lit("bpr"))
    delay = pl.coalesce(pl.col("delay").cast(pl.String), guessed, pl.lit("constant"))
    road = gmns.join(classes, on="allowed_uses", how="left", maintain_order="left").select(
        "link_id",
        delay=delay,
        capacity_trips=pl.col("capacity") * pl.col("lanes").fill_null(1),
        alpha=pl.when(assumed).then(ALPHA).otherwise(alpha),
        beta=pl.when(assumed | ((delay == "bpr") & pl.col("vdf_beta").is_null()))
        .then(pl.col("vdf_beta").fill_null(BETA))
        .otherwise("vdf_beta"),
        hard="hard",
        lanes="lanes",
        speed_limit="speed_limit",
        toll="toll",
        allowed_classes="allowed_classes",
        road_type="facility_type",
        source_id=pl.when(assumed).then(pl.lit(DELAY_ASSUMED)).otherwise(pl.lit(NETWORK)),
    )
    return {"link": link, "road": road}


def _sources(road: pl.DataFrame, traffic: TrafficSettings) -> pl.DataFrame:
    rows: list[tuple[str, str, str, str | None]] = [
        (NETWORK, "study", "GMNS network", None),
        (
            "no-money-cost",
            "assumption",
            "Cost of the links",
            "The network gives times, lengths and tolls but no cost per t, so cost_usd_t is 0.",
        ),
        (
            CLASSES_ASSUMED,
            "assumption",
            "Classes of vehicles",
            "A class that use_definition.csv does not define is a passenger car to others.",
        ),
    ]
    if (road["source_id"] == DELAY_ASSUMED).any():
        note = (
            f"The network gives capacities but no volume-delay function, so it is that of the "
            f"Bureau of Public Roads with {ALPHA} and {BETA:g}, and trips are those of an hour."
        )
        rows.append((DELAY_ASSUMED, "assumption", "Volume-delay functions", note))
    if traffic.units_assumed:
        note = (
            f"config.csv does not state all units; lengths are taken for {traffic.length_unit} "
            f"and speeds for {traffic.speed_unit} where it does not."
        )
        rows.append(("units", "assumption", "Units of the network", note))
    return pl.DataFrame(rows, schema=["source_id", "kind", "title", "note"], orient="row")
