"""`sogdia simulate`: a study's freight event by event, many times over."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sogdia.cli.common import (
    NO_ANSWER,
    JsonOption,
    QuietOption,
    ScenarioOption,
    StudyArgument,
    TopOption,
    check_number,
    examples,
    load_scenario,
    out_console,
    print_json,
    progress_bars,
    say_written,
)
from sogdia.cli.report_words import say_no_report
from sogdia.cli.words import parse_day, parse_list
from sogdia.errors import DataError, ResourceError

if TYPE_CHECKING:
    import polars as pl

    from sogdia.report.simulation_tables import Selection
    from sogdia.scenario import Scenario
    from sogdia.simulation import SimulationResult
    from sogdia.study import Study

INTERRUPTED = 130
LARGEST_SEED = 2**64 - 1
MOST_ROWS = 1_000_000
MOST_DAYS_PLAYED = 1100
"""Days whose log is kept so that the report can play them; a year of eurasia takes 0.2 GiB."""
FINEST, COARSEST = 0.001, 0.5
FLOWS = ("assigned", "cheapest")
EXAMPLES = examples(
    "sogdia simulate eurasia",
    "sogdia simulate eurasia --scenario caspian-minus-1m --precision 1%",
    "sogdia simulate eurasia --from 2024-03-01 --days 90 --replications 100 --seed 7",
    "sogdia simulate eurasia --corridor titr --charts bottlenecks.svg",
    'sogdia simulate eurasia --origin "Xi\'an" --commodity electronics --top 0',
    "sogdia simulate my-study/ --flows cheapest --trace log.parquet --json --quiet",
)


def simulate(
    study: StudyArgument,
    *,
    scenario: ScenarioOption = None,
    start: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="DATE",
            help="First day observed; by default 1 January of the scenario's year.",
        ),
    ] = None,
    days: Annotated[int, typer.Option(metavar="N", help="Days observed, 1 to 3660.")] = 365,
    replications: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="How often these days are lived through, each time with other chances; 20 unless "
            "this or --precision is given.",
        ),
    ] = None,
    precision: Annotated[
        str | None,
        typer.Option(
            metavar="SHARE",
            help="Replicate until the mean transit time is known so well: half the width of its "
            "95% interval as a share of it, such as 2% or 0.02; 0.1% to 50%.",
        ),
    ] = None,
    seed: Annotated[
        int, typer.Option(metavar="S", help="Same seed, same result, whatever the machine.")
    ] = 0,
    warm_up: Annotated[
        int | None,
        typer.Option(
            metavar="DAYS",
            help="Days simulated before the first observed, so that the network is not empty; by "
            "default as many as a trial shows to be needed.",
        ),
    ] = None,
    flows: Annotated[
        str,
        typer.Option(
            metavar="assigned|cheapest",
            help="Ways that goods take: spread as sogdia run does, or each demand by its cheapest.",
        ),
    ] = FLOWS[0],
    releases: Annotated[
        str,
        typer.Option(
            metavar="poisson|scheduled",
            help="How shipments follow each other: by chance, or evenly.",
        ),
    ] = "poisson",
    initial: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Goods and vessels there on the first day, instead of a warm-up: CSV with "
            "element_id, commodity_id, quantity_t, destination, node_id, ready_in_h.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Keep all tables and report.html in this folder, not yet there."
        ),
    ] = None,
    trace: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Write all that happens in the first replication (.parquet)."
        ),
    ] = None,
    charts: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Draw queue and utilisation of the ten worst bottlenecks over time (.svg).",
        ),
    ] = None,
    corridor: Annotated[
        list[str] | None,
        typer.Option(metavar="A,B,...", help="Show transit times of these corridors only."),
    ] = None,
    commodity: Annotated[
        list[str] | None,
        typer.Option(metavar="A,B,...", help="Show transit times of these goods only."),
    ] = None,
    origin: Annotated[
        list[str] | None,
        typer.Option(
            metavar="A,B,...",
            help="Show transit times from these places only: name, UN/LOCODE or node id.",
        ),
    ] = None,
    destination: Annotated[
        list[str] | None,
        typer.Option(metavar="A,B,...", help="Show transit times to these places only, likewise."),
    ] = None,
    top: TopOption = 12,
    quiet: QuietOption = False,
    json: JsonOption = False,
) -> None:
    """Simulate a study's freight event by event: how long it takes, and where it waits.

    Every train, ship and lot at a terminal is followed through the days asked for, with the
    scatter of travel and handling times, storms, closures and opening hours. That is done many
    times; what is printed are means over these replications, and how sure they are.
    """
    from sogdia.report.simulation_tables import (
        interrupted,
        made_of_asked,
        precise,
        show_simulation,
    )
    from sogdia.run.kernels import compilation_announced
    from sogdia.simulation import SimulationOptions
    from sogdia.simulation import simulate as simulated
    from sogdia.simulation.options import (
        DEFAULT_REPLICATIONS,
        MOST_DAYS,
        MOST_REPLICATIONS,
        RELEASES,
    )
    from sogdia.study.load import load

    if replications is not None and precision is not None:
        raise DataError("--replications and --precision exclude each other; give one of them")
    if replications is None and precision is None:
        replications = DEFAULT_REPLICATIONS
    check_number("--replications", replications, 1, MOST_REPLICATIONS)
    check_number("--days", days, 1, MOST_DAYS)
    check_number("--warm-up", warm_up, 0, MOST_DAYS)
    check_number("--seed", seed, 0, LARGEST_SEED)
    check_number("--top", top, 0, MOST_ROWS)
    _check_word("--flows", flows, FLOWS)
    _check_word("--releases", releases, RELEASES)
    _check_target("--trace", trace, ".parquet")
    _check_target("--charts", charts, ".svg")
    if out is not None and out.exists() and (out.is_file() or any(out.iterdir())):
        raise DataError(f"--out {out} is there already; name a folder that is not")
    options = SimulationOptions(
        replications=replications,
        precision=None if precision is None else parse_precision(precision),
        seed=seed,
        start=None if start is None else parse_day("--from", start),
        days=days,
        warm_up_days=warm_up,
        releases=releases,
        trace=trace is not None or (out is not None and days <= MOST_DAYS_PLAYED),
    )
    there = None if initial is None else _read_table("--initial", initial)
    loaded = load(study)
    asked = load_scenario(loaded, scenario)
    selection = _selection(
        loaded, corridor=corridor, commodity=commodity, origin=origin, destination=destination
    )
    with progress_bars(quiet) as progress, compilation_announced(progress):
        result = simulated(
            loaded, asked, options=options, flows=flows, initial=there, progress=progress
        )
    if json:
        print_json(_as_json(result, selection))
    else:
        show_simulation(result, loaded, out_console(), selection=selection, top=top or None)
    if out is not None:
        _write_folder(out, result, loaded, asked, quiet=quiet)
    if trace is not None:
        _write_trace(trace, result, quiet=quiet)
    if charts is not None:
        _write_charts(charts, result, loaded, quiet=quiet)
    if interrupted(result):
        typer.echo(f"interrupted after {made_of_asked(result)}", err=True)
        raise typer.Exit(INTERRUPTED)
    if not precise(result):
        reached = f"{100 * result.reached:.2g}%" if isfinite(result.reached) else "none"
        typer.echo(
            f"precision not reached: {reached} after {made_of_asked(result)}, "
            f"{100 * (result.precision or 0.0):.2g}% was asked for",
            err=True,
        )
        raise typer.Exit(NO_ANSWER)


def parse_precision(text: str) -> float:
    """Read a share, in per cent or as a fraction.

    Parameters
    ----------
    text : str
        Such as "2%" or "0.02".

    Returns
    -------
    float
        The fraction.

    Raises
    ------
    DataError
        If the text is no share between 0.1% and 50%.

    Examples
    --------
    >>> parse_precision("2%"), parse_precision("0.02")
    (0.02, 0.02)
    """
    number = text.strip().removesuffix("%")
    try:
        share = float(number) / (100.0 if text.strip().endswith("%") else 1.0)
    except ValueError:
        share = 0.0
    if not FINEST <= share <= COARSEST:
        raise DataError(f"--precision {text!r} is not a share such as 2% or 0.02, from 0.1% to 50%")
    return share


def _check_word(option: str, word: str, known: Sequence[str]) -> None:
    if word not in known:
        raise DataError(f"{option} {word!r} is none of {', '.join(known)}")


def _check_target(option: str, path: Path | None, ending: str) -> None:
    """Refuse a file that could not be written, before the work and not after it."""
    if path is None:
        return
    if path.suffix.lower() != ending:
        raise DataError(f"{option} {path} does not end with {ending}")
    if not path.parent.is_dir():
        raise DataError(f"{option} {path} lies in a folder that does not exist; make {path.parent}")


def _read_table(option: str, path: Path) -> pl.DataFrame:
    from sogdia.simulation.initial import read_initial

    if not path.is_file():
        raise DataError(f"{option} {path} is not a file; give a table in CSV")
    try:
        return read_initial(path)
    except OSError as error:
        raise ResourceError(f"cannot read {path}: {error.strerror or error}") from error


def _selection(
    study: Study,
    *,
    corridor: list[str] | None,
    commodity: list[str] | None,
    origin: list[str] | None,
    destination: list[str] | None,
) -> Selection:
    from sogdia.report.simulation_tables import Selection
    from sogdia.study.marks import NO_CORRIDOR

    corridors = [*study.corridor["corridor_id"], NO_CORRIDOR]
    return Selection(
        corridor=_known("corridor", parse_list(corridor), corridors),
        commodity=_known("commodity", parse_list(commodity), study.commodity["commodity_id"]),
        origin=_nodes(study, "origin", parse_list(origin)),
        destination=_nodes(study, "destination", parse_list(destination)),
    )


def _known(what: str, names: Sequence[str], known: Iterable[str]) -> tuple[str, ...]:
    from sogdia.report.query import suggestion

    ids = list(known)
    for name in names:
        if name not in ids:
            raise DataError(f"there is no {what} {name!r}; {suggestion(name, ids)}")
    return tuple(names)


def _nodes(study: Study, end: str, names: Sequence[str]) -> tuple[str, ...]:
    """Return the nodes that go by these names, those that ship or receive goods first."""
    from sogdia.routing.names import find_node, nearest_names

    served = set(study.demand[end])
    nodes = []
    for name in names:
        node = find_node(study.node, name, served=served)
        if node is None:
            near = ", ".join(nearest_names(study.node, name))
            hint = f"nearest: {near}; " if near else ""
            raise DataError(
                f"--{end}: there is no place {name!r} in the study; "
                f"{hint}give an id, a UN/LOCODE or a name"
            )
        nodes.append(node)
    return tuple(nodes)


def _as_json(result: SimulationResult, selection: Selection) -> dict[str, Any]:
    """Return the summary, with those transit times that are wanted."""
    content = result.summary()
    content["transit"] = [row for row in content["transit"] if selection.takes(row)]
    return content


def _write_folder(
    path: Path, result: SimulationResult, study: Study, scenario: Scenario, *, quiet: bool
) -> None:
    from sogdia.report.page import page_folder
    from sogdia.run.simulation_folder import write_simulation

    folder = write_simulation(result, study, scenario, path)
    if page_folder() is not None:
        _write_report(folder, study)
    if not quiet:
        say_written(folder)
        say_no_report()


def _write_report(folder: Path, study: Study) -> None:
    """Write the report into the folder whose tables it shows."""
    from sogdia.report.page import report_data, report_html, run_page_of_folder

    text = report_html(report_data(study, [run_page_of_folder(folder, folder.name)]))
    file = folder / "report.html"
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ResourceError(f"cannot write {file}: {error.strerror or error}") from error


def _write_trace(path: Path, result: SimulationResult, *, quiet: bool) -> None:
    if result.trace is None:
        raise ResourceError(f"cannot write {path}: the first replication left no log")
    try:
        result.trace.write_parquet(path)
    except OSError as error:
        raise ResourceError(f"cannot write {path}: {error.strerror or error}") from error
    if not quiet:
        say_written(path)


def _write_charts(path: Path, result: SimulationResult, study: Study, *, quiet: bool) -> None:
    from sogdia.report.simulation_chart import bottlenecks_svg

    text = bottlenecks_svg(result, study)
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ResourceError(f"cannot write {path}: {error.strerror or error}") from error
    if not quiet:
        say_written(path)
