"""Networks of the TransportationNetworks collection (TNTP), to and from a `Study`.

A link's generalised cost there is ``time + toll factor * toll + distance factor * length``. Both
factors stand in the metadata, if anywhere: of some networks only the collection's pages give them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from sogdia.errors import DataError, Problem, ResourceError
from sogdia.study.check import Check, check_unique, run_checks
from sogdia.study.files import SETTINGS_FILE, StudyFiles, read_files
from sogdia.study.formats.crs import UNKNOWN
from sogdia.study.formats.tntp_schema import FlowRow, NetRow, NodeRow
from sogdia.study.formats.tntp_text import (
    NET,
    NODE,
    TRIPS,
    Metadata,
    body_lines,
    decode,
    metadata_of,
    pairs_of,
    rows_of,
)
from sogdia.study.formats.tntp_writer import write
from sogdia.study.model import Settings, Study, TrafficSettings, tables_of
from sogdia.study.sheet import Sheet, show
from sogdia.study.traffic_units import (
    KM_IN,
    LENGTH_WORDS,
    PER_HOUR,
    SPEED_WORDS,
    TIME_WORDS,
    unit_of,
)

CLASS = "vehicle"
TOTAL_TOLERANCE = 1e-6
"""Part of the header's total by which the trips may miss it: totals are rounded."""
__all__ = ["read", "read_content", "read_flows", "recognises", "write"]
UNIT_WORDS = {"time": TIME_WORDS, "length": LENGTH_WORDS, "speed": SPEED_WORDS}
UNIT_PLACES = {
    "time": r"(?:free[ _]?flow[ _]?(?:travel[ _]?)?time|fftt|fft)\s*\(([^)]*)\)",
    "length": r"length\s*\(([^)]*)\)",
    "speed": r"speed(?:[ _]?limit)?\s*\(([^)]*)\)",
}


def recognises(files: StudyFiles) -> bool:
    """Tell whether these are the files of a network in this format."""
    has_tables = {"link.csv", SETTINGS_FILE} & files.content.keys()
    return not has_tables and any(name.lower().endswith(NET) for name in files.content)


def read(
    folder: str | Path, *, toll_factor: float | None = None, distance_factor: float | None = None
) -> tuple[Study | None, list[Problem], list[Problem]]:
    """Read a folder, or zip, that holds one network.

    Parameters
    ----------
    folder : str or Path
        Holds ``*_net.tntp``; ``*_trips.tntp`` and ``*_node.tntp`` may be beside it.
    toll_factor, distance_factor : float, optional
        What a unit of toll, or of length, is worth in units of time; by default what the
        metadata says, else 0.

    Returns
    -------
    study : Study or None
        The study; None if there are problems.
    problems, slips : list of Problem
        What is wrong, with file and line, and what looks like a slip.

    Raises
    ------
    DataError
        If there is no such folder.
    ResourceError
        If the machine refuses to read it.
    """
    factors = {"TOLL FACTOR": toll_factor, "DISTANCE FACTOR": distance_factor}
    return read_content(read_files(folder), factors)


def read_content(
    files: StudyFiles, factors: Mapping[str, float | None] | None = None
) -> tuple[Study | None, list[Problem], list[Problem]]:
    """Read files that are in memory; see `read`."""
    names, problems = _one_of_each(files)
    if problems:
        return None, problems, []
    network, problems = _read_network(files, names[NET])
    slips: list[Problem] = []
    pairs = xy = None
    if names[TRIPS]:
        pairs, found, odd = _read_trips(files, names[TRIPS], network.zones)
        problems += found
        slips += odd
    else:
        slips.append(Problem(f"there is no file *{TRIPS}, so the study has no trips", NET))
    if names[NODE]:
        xy, found = _read_nodes(files, names[NODE], network.nodes)
        problems += found
    given, found = _factors(network.metadata, factors or {})
    problems += found
    slips += _duplicates(network.sheet)
    if problems:
        return None, problems, slips
    return _study(files, network, pairs, xy, given), [], slips


def _one_of_each(files: StudyFiles) -> tuple[dict[str, str], list[Problem]]:
    """Find the file of each kind; there may be one."""
    names: dict[str, str] = {}
    problems = []
    for kind in (NET, TRIPS, NODE):
        found = sorted(name for name in files.content if name.lower().endswith(kind))
        names[kind] = found[0] if found else ""
        if len(found) > 1:
            listed = ", ".join(found)
            problems.append(
                Problem(f"holds {len(found)} files *{kind} ({listed}); leave one", str(files.path))
            )
    if not names[NET]:
        problems.append(Problem(f"holds no file *{NET}, the network", str(files.path)))
    return names, problems


@dataclass(frozen=True, slots=True)
class _Network:
    """A network file: header and links; a count that cannot be read is None."""

    metadata: Metadata
    sheet: Sheet
    zones: int | None
    nodes: int | None
    first_through: int
    units: Mapping[str, str]


def _read_network(files: StudyFiles, file: str) -> tuple[_Network, list[Problem]]:
    text = decode(files.content[file])
    metadata, problems = metadata_of(text, file)
    counts: dict[str, int | None] = {}
    for key in ("NUMBER OF ZONES", "NUMBER OF NODES", "NUMBER OF LINKS"):
        number, found = metadata.number(key)
        counts[key] = None if number is None else int(number)
        problems += found
    first = 1
    if "FIRST THRU NODE" in metadata.values:
        number, found = metadata.number("FIRST THRU NODE")
        first = 1 if number is None else int(number)
        problems += found
    nodes, zones = counts["NUMBER OF NODES"], counts["NUMBER OF ZONES"]
    lines = body_lines(text, metadata.end_line)
    sheet, found = rows_of(NetRow, file, lines)
    problems += found
    if nodes is not None:
        problems += run_checks(sheet, [_in_range(sheet, c, nodes, "NUMBER OF NODES", "nodes")
                                       for c in ("init_node", "term_node")])  # fmt: skip
    if nodes is not None and zones is not None and zones > nodes:
        message = f"<NUMBER OF ZONES> is {zones}, but <NUMBER OF NODES> is {nodes}"
        problems.append(Problem(message, file, metadata.lines["NUMBER OF ZONES"]))
    if nodes is not None and first > nodes + 1:
        message = f"<FIRST THRU NODE> is {first}, but <NUMBER OF NODES> is {nodes}"
        problems.append(Problem(message, file, metadata.lines["FIRST THRU NODE"]))
    links = counts["NUMBER OF LINKS"]
    if links is not None and links != lines.height:
        message = f"<NUMBER OF LINKS> is {links}, but {lines.height} rows follow"
        problems.append(Problem(message, file, metadata.lines["NUMBER OF LINKS"]))
    header = text.split("\n")[: None if lines.is_empty() else int(lines["line"][0])]
    comments = [line for line in header if "~" in line]
    return _Network(metadata, sheet, zones, nodes, first, _units(comments)), problems


def _in_range(sheet: Sheet, column: str, count: int, key: str, what: str) -> Check:
    values = sheet.frame[column]
    return Check(
        column,
        pl.col(column) > count,
        lambda i: f"{values[i]} is not one of the {count} {what} that <{key}> says there are",
    )


def _units(comments: Iterable[str]) -> dict[str, str]:
    """Find units in brackets behind the names of columns."""
    text = "\n".join(comments).lower()
    units = {}
    for quantity, place in UNIT_PLACES.items():
        match = re.search(place, text)
        unit = match and unit_of(match[1], UNIT_WORDS[quantity])
        if unit:
            units[quantity] = unit
    return units


def _read_trips(
    files: StudyFiles, file: str, zones: int | None
) -> tuple[Sheet, list[Problem], list[Problem]]:
    text = decode(files.content[file])
    metadata, problems = metadata_of(text, file)
    sheet, found = pairs_of(file, body_lines(text, metadata.end_line))
    problems += found
    slips = []
    stated, found = metadata.number("NUMBER OF ZONES")
    problems += found
    if zones is not None and stated is not None and stated != zones:
        message = f"<NUMBER OF ZONES> is {show(stated)}, but the network file says {zones}"
        problems.append(Problem(message, file, metadata.lines["NUMBER OF ZONES"]))
    count = zones if zones is not None else stated
    checks = [check_unique(sheet, ["origin", "destination"])]
    if count is not None:
        checks += [
            _in_range(sheet, column, int(count), "NUMBER OF ZONES", "zones")
            for column in ("origin", "destination")
        ]
    problems += run_checks(sheet, checks)
    if "TOTAL OD FLOW" in metadata.values:
        total, found = metadata.number("TOTAL OD FLOW", whole=False)
        problems += found
        sum_of_trips = float(sheet.frame["trips"].sum())
        if total is not None and abs(total - sum_of_trips) > TOTAL_TOLERANCE * max(total, 1.0):
            message = (
                f"the trips add up to {sum_of_trips:.15g}, but <TOTAL OD FLOW> is {total:.15g}"
            )
            slips.append(Problem(message, file, metadata.lines["TOTAL OD FLOW"]))
    return sheet, problems, slips


def _read_nodes(
    files: StudyFiles, file: str, nodes: int | None
) -> tuple[pl.DataFrame, list[Problem]]:
    lines = body_lines(decode(files.content[file]), 0)
    lines = lines.filter(~pl.col("text").str.contains(r"^(?i)(node\b|<)"))
    sheet, problems = rows_of(NodeRow, file, lines, ended=False)
    checks = [check_unique(sheet, ["node"])]
    if nodes is not None:
        checks.append(_in_range(sheet, "node", nodes, "NUMBER OF NODES", "nodes"))
    return sheet.frame, problems + run_checks(sheet, checks)


def _factors(
    metadata: Metadata, given: Mapping[str, float | None]
) -> tuple[dict[str, float], list[Problem]]:
    """Return toll and distance factor: as given, else of the metadata, else 0."""
    factors = {}
    problems: list[Problem] = []
    for key in ("TOLL FACTOR", "DISTANCE FACTOR"):
        factor = given.get(key)
        if factor is not None and not 0 <= factor < float("inf"):
            problems.append(Problem(f"{key.lower()} {factor:g} is not a number of at least 0"))
        if factor is None and key in metadata.values:
            factor, found = metadata.number(key, whole=False)
            problems += found
        factors[key] = factor or 0.0
    return factors, problems


def _duplicates(sheet: Sheet) -> list[Problem]:
    """Tell of links between the same nodes as an earlier one: allowed, but often a slip."""
    repeated = sheet.frame.select(
        ~pl.struct("init_node", "term_node").is_first_distinct()
        & pl.col("init_node").is_not_null()
        & pl.col("term_node").is_not_null()
    ).to_series()
    ends = sheet.frame.select("init_node", "term_node")
    return sheet.problems(
        None,
        repeated,
        lambda i: "another link from node {} to node {}".format(*ends.row(i)),
    )


def _study(
    files: StudyFiles,
    network: _Network,
    pairs: Sheet | None,
    xy: pl.DataFrame | None,
    factors: Mapping[str, float],
) -> Study:
    traffic = TrafficSettings(
        time_unit=network.units.get("time", "min"),  # type: ignore[arg-type]
        length_unit=network.units.get("length", "km"),  # type: ignore[arg-type]
        speed_unit=network.units.get("speed", "km/h"),  # type: ignore[arg-type]
        units_assumed="time" not in network.units or "length" not in network.units,
    )
    settings = Settings(name=files.name or "network", crs=UNKNOWN, traffic=traffic)
    link, road = _link_tables(network.sheet.frame, traffic)
    frames = {
        "source": _sources(network.metadata.file, traffic),
        "node": _node_table(network, xy),
        "link": link,
        "road": road,
        "user_class": pl.DataFrame(
            {
                "class_id": [CLASS],
                "pce": [1.0],
                "toll_factor": [factors["TOLL FACTOR"]],
                "distance_factor": [factors["DISTANCE FACTOR"]],
                "source_id": ["network"],
            }
        ),
    }
    if pairs is not None:
        frames["trip"] = pairs.frame.select(
            origin_zone_id=pl.col("origin").cast(pl.String),
            destination_zone_id=pl.col("destination").cast(pl.String),
            class_id=pl.lit(CLASS),
            trips="trips",
            source_id=pl.lit("network"),
        )
    return Study(settings, tables_of(frames), files.path)


def _sources(file: str, traffic: TrafficSettings) -> pl.DataFrame:
    rows = [
        ("network", "study", f"TNTP network {file}", None),
        (
            "no-money-cost",
            "assumption",
            "Cost of the links",
            "The network gives times, lengths and tolls but no cost per t, so cost_usd_t is 0.",
        ),
    ]
    if traffic.units_assumed:
        note = (
            f"The network does not state all its units; time is taken for {traffic.time_unit} and "
            f"length for {traffic.length_unit} where it does not."
        )
        rows.append(("units", "assumption", "Units of the network", note))
    return pl.DataFrame(rows, schema=["source_id", "kind", "title", "note"], orient="row")


def _node_table(network: _Network, xy: pl.DataFrame | None) -> pl.DataFrame:
    number = pl.DataFrame({"node": pl.int_range(1, (network.nodes or 0) + 1, eager=True)})
    if xy is None:
        placed = number.with_columns(x=pl.lit(None), y=pl.lit(None))
    else:
        node = pl.col("node").cast(pl.Int64)
        placed = number.join(xy.with_columns(node), on="node", how="left", maintain_order="left")
    name = pl.col("node").cast(pl.String)
    return placed.select(
        node_id=name,
        x_coord="x",
        y_coord="y",
        zone_id=pl.when(pl.col("node") <= (network.zones or 0)).then(name),
        through=pl.when(pl.col("node") < network.first_through).then(statement=False),
        source_id=pl.lit("network"),
    )


def _link_tables(net: pl.DataFrame, traffic: TrafficSettings) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return tables ``link`` and ``road``, in the order of the network file."""
    number = pl.int_range(1, pl.len() + 1).over("init_node", "term_node")
    ends = pl.concat_str("init_node", "term_node", separator="-")
    again = pl.when(number > 1).then(pl.concat_str(ends, number, separator=".")).otherwise(ends)
    named = net.with_columns(link_id=again)
    link = named.select(
        "link_id",
        from_node_id=pl.col("init_node").cast(pl.String),
        to_node_id=pl.col("term_node").cast(pl.String),
        directed=pl.lit(value=True),
        mode=pl.lit("road"),
        length_km=pl.col("length") * KM_IN[traffic.length_unit],
        time_h=pl.col("free_flow_time") / PER_HOUR[traffic.time_unit],
        cost_usd_t=pl.lit(0.0),
        source_id=pl.lit("network"),
    )
    road = named.select(
        "link_id",
        delay=pl.when(pl.col("b") > 0).then(pl.lit("bpr")).otherwise(pl.lit("constant")),
        capacity_trips="capacity",
        alpha="b",
        beta="power",
        speed_limit="speed",
        toll="toll",
        road_type="link_type",
        source_id=pl.lit("network"),
    )
    return link, road


def read_flows(file: str | Path) -> pl.DataFrame:
    """Read a file of link flows, such as the best known ones of a network.

    Parameters
    ----------
    file : str or Path
        ``*_flow.tntp``: a line of headings, then From, To, Volume and Cost.

    Returns
    -------
    DataFrame
        ``from_node_id``, ``to_node_id``, ``volume``, ``cost``, in the order of the file.

    Raises
    ------
    DataError
        If a line is not of four numbers.
    ResourceError
        If the machine refuses to read it.
    """
    path = Path(file)
    try:
        text = decode(path.read_bytes())
    except OSError as error:
        raise ResourceError(f"{path} cannot be read: {error.strerror or error}") from error
    lines = body_lines(text, 0).filter(~pl.col("text").str.contains(r"^(?i)(from\b|<)"))
    sheet, problems = rows_of(FlowRow, path.name, lines, ended=False)
    if problems:
        raise DataError(problems)
    return sheet.frame.select(
        from_node_id=pl.col("init_node").cast(pl.String),
        to_node_id=pl.col("term_node").cast(pl.String),
        volume="volume",
        cost="cost",
    )
