"""`sogdia import` and `sogdia export`: networks, matrices and maps of other programs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sogdia.cli.common import (
    JsonOption,
    StudyArgument,
    examples,
    load_scenario,
    out_console,
    print_json,
    say_written,
    scenario_names,
    study_names,
    warn,
)
from sogdia.errors import DataError, Problem, ResourceError

if TYPE_CHECKING:
    import polars as pl

    from sogdia.study import Study

Read = tuple["Study | None", list[Problem], list[Problem]]

IMPORT_EXAMPLES = examples(
    "sogdia import gmns my-city/ --to my-study",
    "sogdia import tntp SiouxFalls/ --to sioux --toll-factor 0.02",
    "sogdia import omx demand.omx --study my-study --to my-study-2030 --matrix am_car --class car",
    "sogdia import geojson roads.geojson --to my-study",
)
EXPORT_EXAMPLES = examples(
    "sogdia export gmns my-study --to gmns/",
    "sogdia export tntp my-study --to tntp/",
    "sogdia export omx my-study --to trips.omx",
    "sogdia export geojson eurasia --to eurasia.geojson",
    "sogdia export geopackage my-study --to map.gpkg --flows flows.parquet",
    "sogdia export geoparquet eurasia --scenario red-sea-diversion --to layers/",
)

import_app = typer.Typer(
    help="Make a study of another program's network or matrices.",
    epilog=IMPORT_EXAMPLES,
    no_args_is_help=True,
    rich_markup_mode="rich",
)
export_app = typer.Typer(
    help="Write a study for other programs.",
    epilog=EXPORT_EXAMPLES,
    no_args_is_help=True,
    rich_markup_mode="rich",
)

StudyFolderOption = Annotated[
    Path,
    typer.Option("--to", metavar="FOLDER", help="Folder of the study that is made."),
]
FolderOption = Annotated[Path, typer.Option("--to", metavar="FOLDER", help="Folder to write to.")]
FileOption = Annotated[Path, typer.Option("--to", metavar="FILE", help="File to write.")]
ForceOption = Annotated[bool, typer.Option("--force", help="Replace what is there.")]
AppliedOption = Annotated[
    str | None,
    typer.Option(
        "--scenario",
        metavar="FILE_OR_NAME",
        help="A scenario to apply first; by default the study is written as it is.",
        autocompletion=scenario_names,
    ),
]
FlowsOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Results to write beside the links: flows.parquet of an assignment or a run, or "
        "any .parquet or .csv with a column link_id.",
    ),
]


@import_app.command("gmns", epilog=examples(IMPORT_EXAMPLES.splitlines()[1]))
def import_gmns(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="Folder or zip of GMNS tables.")],
    *,
    to: StudyFolderOption,
    force: ForceOption = False,
    json: JsonOption = False,
) -> None:
    """Read a network of the General Modeling Network Specification."""
    from sogdia.study.formats import gmns

    _check_free(to, force=force)
    _keep(gmns.read(path), to, json=json)


@import_app.command("tntp", epilog=examples(IMPORT_EXAMPLES.splitlines()[2]))
def import_tntp(
    path: Annotated[
        Path,
        typer.Argument(metavar="PATH", help="Folder or zip of *_net.tntp, *_trips.tntp, ..."),
    ],
    *,
    to: StudyFolderOption,
    toll_factor: Annotated[
        float | None,
        typer.Option(metavar="X", help="Time that a unit of toll is worth; by default the file's."),
    ] = None,
    distance_factor: Annotated[
        float | None,
        typer.Option(
            metavar="X", help="Time that a unit of length is worth; by default the file's."
        ),
    ] = None,
    force: ForceOption = False,
    json: JsonOption = False,
) -> None:
    """Read a network and trips of the TransportationNetworks collection."""
    from sogdia.study.formats import tntp

    _check_free(to, force=force)
    read = tntp.read(path, toll_factor=toll_factor, distance_factor=distance_factor)
    _keep(read, to, json=json)


@import_app.command("omx", epilog=examples(IMPORT_EXAMPLES.splitlines()[3]))
def import_omx(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="Open Matrix file.")],
    *,
    study: Annotated[
        str,
        typer.Option(
            metavar="STUDY",
            help="Study whose zones the matrices are of.",
            autocompletion=study_names,
        ),
    ],
    to: StudyFolderOption,
    matrix: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Matrix to read; by default all. May be repeated."),
    ] = None,
    user_class: Annotated[
        list[str] | None,
        typer.Option(
            "--class",
            metavar="ID",
            help="User class of each --matrix, in their order; by default of its name.",
        ),
    ] = None,
    lookup: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Lookup that holds the zones, if there are several."),
    ] = None,
    force: ForceOption = False,
    json: JsonOption = False,
) -> None:
    """Read matrices as the trips of a study."""
    from sogdia.study.formats import omx
    from sogdia.study.load import load

    classes = _classes(matrix or [], user_class or [])
    _check_free(to, force=force)
    base = load(study)
    read = omx.read_trips(path, base, classes=classes, lookup=lookup)
    _keep(read, to, json=json, known=base.source["source_id"].to_list())


@import_app.command("geojson", epilog=examples(IMPORT_EXAMPLES.splitlines()[4]))
def import_geojson(
    path: Annotated[
        Path, typer.Argument(metavar="PATH", help="FeatureCollection of lines, and points.")
    ],
    *,
    to: StudyFolderOption,
    force: ForceOption = False,
    json: JsonOption = False,
) -> None:
    """Read lines as links; where their ends meet, or points are, there are nodes."""
    from sogdia.study.formats import geojson

    _check_free(to, force=force)
    _keep(geojson.read(path), to, json=json)


@export_app.command("gmns", epilog=examples(EXPORT_EXAMPLES.splitlines()[1]))
def export_gmns(
    study: StudyArgument,
    *,
    to: FolderOption,
    scenario: AppliedOption = None,
    force: ForceOption = False,
) -> None:
    """Write tables of the General Modeling Network Specification."""
    from sogdia.study.formats import gmns

    _check_free(to, force=force)
    gmns.write(_study(study, scenario), to)
    say_written(to)


@export_app.command("tntp", epilog=examples(EXPORT_EXAMPLES.splitlines()[2]))
def export_tntp(
    study: StudyArgument,
    *,
    to: FolderOption,
    scenario: AppliedOption = None,
    force: ForceOption = False,
) -> None:
    """Write a network and trips as the TransportationNetworks collection has them."""
    from sogdia.study.formats import tntp

    _check_free(to, force=force)
    tntp.write(_study(study, scenario), to)
    say_written(to)


@export_app.command("omx", epilog=examples(EXPORT_EXAMPLES.splitlines()[3]))
def export_omx(
    study: StudyArgument,
    *,
    to: FileOption,
    scenario: AppliedOption = None,
    force: ForceOption = False,
) -> None:
    """Write trips as matrices, one for each user class."""
    from sogdia.study.formats import omx

    _check_free(to, force=force)
    omx.write(_study(study, scenario), to)
    say_written(to)


@export_app.command("geojson", epilog=examples(EXPORT_EXAMPLES.splitlines()[4]))
def export_geojson(
    study: StudyArgument,
    *,
    to: FileOption,
    scenario: AppliedOption = None,
    flows: FlowsOption = None,
    force: ForceOption = False,
) -> None:
    """Write nodes as points and links as lines, in one file."""
    from sogdia.study.formats import geojson

    _check_free(to, force=force)
    drawn = _study(study, scenario)
    geojson.write(drawn, to, flows=_flows(flows, drawn))
    say_written(to)


@export_app.command("geopackage", epilog=examples(EXPORT_EXAMPLES.splitlines()[5]))
def export_geopackage(
    study: StudyArgument,
    *,
    to: FileOption,
    scenario: AppliedOption = None,
    flows: FlowsOption = None,
    force: ForceOption = False,
) -> None:
    """Write nodes and links as layers of one GeoPackage."""
    from sogdia.study.formats import geopackage

    _check_free(to, force=force)
    drawn = _study(study, scenario)
    geopackage.write(drawn, to, flows=_flows(flows, drawn))
    say_written(to)


@export_app.command("geoparquet", epilog=examples(EXPORT_EXAMPLES.splitlines()[6]))
def export_geoparquet(
    study: StudyArgument,
    *,
    to: FolderOption,
    scenario: AppliedOption = None,
    flows: FlowsOption = None,
    force: ForceOption = False,
) -> None:
    """Write node.parquet and link.parquet."""
    from sogdia.study.formats import geoparquet

    _check_free(to, force=force)
    drawn = _study(study, scenario)
    for path in geoparquet.write(drawn, to, flows=_flows(flows, drawn)):
        say_written(path)


def _check_free(to: Path, *, force: bool) -> None:
    """Refuse to write over what is there, unless told to."""
    try:
        taken = to.exists() and not (to.is_dir() and not any(to.iterdir()))
    except OSError as error:
        raise ResourceError(f"{to} cannot be read: {error.strerror or error}") from error
    if taken and not force:
        what = "is a folder that is not empty" if to.is_dir() else "exists"
        raise DataError(f"{to} {what}; --force replaces what is there")


def _classes(matrices: Sequence[str], classes: Sequence[str]) -> dict[str, str] | None:
    if not matrices and not classes:
        return None
    if classes and len(classes) != len(matrices):
        raise DataError(
            f"{len(matrices)} --matrix but {len(classes)} --class; give as many, in the same order"
        )
    return dict(zip(matrices, classes or matrices, strict=True))


def _study(name: str, scenario: str | None) -> Study:
    from sogdia.scenario import apply
    from sogdia.study.load import load

    study = load(name)
    return study if scenario is None else apply(study, load_scenario(study, scenario))


def _flows(path: Path | None, study: Study) -> pl.DataFrame | None:
    from sogdia.study.formats.flows import read_flows

    return None if path is None else read_flows(path, study)


def _keep(read: Read, to: Path, *, json: bool, known: Iterable[str] = ()) -> None:
    """Save what was read, and say what it was and what was assumed."""
    from sogdia.study.load import save

    study, problems, slips = read
    if problems or study is None:
        for slip in slips:
            warn(str(slip))
        raise DataError(problems)
    save(study, to)
    rows = {name: frame.height for name, frame in study.frames().items() if frame.height}
    new = ~study.source["source_id"].is_in(list(known))
    assumptions = study.source.filter(new & (study.source["kind"] == "assumption"))["note"]
    traffic = study.settings.traffic
    units = {"crs": study.settings.crs} | ({} if traffic is None else traffic.model_dump())
    if json:
        lists = {"assumptions": assumptions.to_list(), "warnings": [*map(str, slips)]}
        print_json({"study": str(to), "rows": rows, "units": units, **lists})
        return
    for slip in slips:
        warn(str(slip))
    _show(rows, units, assumptions.to_list())
    say_written(to)


def _show(rows: dict[str, int], units: dict[str, object], assumptions: Sequence[str]) -> None:
    """Print what was read as a small table."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False)
    table.add_column("read")
    table.add_column("", overflow="fold")
    for name, count in rows.items():
        table.add_row(name, f"{count:,} {'row' if count == 1 else 'rows'}")
    for name, unit in units.items():
        if unit not in ("", False):
            table.add_row(name.replace("_", " "), "yes" if unit is True else Text(str(unit)))
    for words in assumptions:
        table.add_row("assumed", Text(words))
    out_console().print(table)
