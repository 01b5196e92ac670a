"""`sogdia route`: the ways of a shipment from door to door."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
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
    examples,
    load_scenario,
    out_console,
    print_json,
    progress_bars,
    say_written,
)
from sogdia.cli.words import parse_day, parse_deadline, parse_list
from sogdia.errors import DataError, NoRouteError, ResourceError

if TYPE_CHECKING:
    import polars as pl

    from sogdia.routing.explain import WhyNot
    from sogdia.routing.itinerary import Answer, Itinerary
    from sogdia.study import Study

EXAMPLES = examples(
    'sogdia route eurasia "Xi\'an" Duisburg --commodity electronics --avoid RU,BY',
    "sogdia route eurasia Chongqing 48.14,11.58 --commodity machinery --deadline 30d "
    "--by time,cost,co2,reliability",
    "sogdia route eurasia Almaty Poti --commodity low-value --via Aktau --why-not Kuryk",
    "sogdia route eurasia Shanghai Hamburg --commodity electronics --depart 2024-01-15 "
    "--explain 1 --map route.html",
)
NAMES = (
    "countries (RU), places, border crossings (CN-KZ@Dostyk), corridors, operators, services, "
    "links, terminals or modes (sea)"
)
PLACE = "name, UN/LOCODE or node id, or coordinates: 48.14,11.58 (south and west as 34.8S,18.3E)"


def route(
    study: StudyArgument,
    origin: Annotated[str, typer.Argument(metavar="FROM", help=f"Where from: {PLACE}.")],
    destination: Annotated[str, typer.Argument(metavar="TO", help="Where to, likewise.")],
    *,
    commodity: Annotated[
        str | None,
        typer.Option(metavar="ID", help="What is shipped; without it, the study's are listed."),
    ] = None,
    depart: Annotated[
        str | None,
        typer.Option(metavar="DATE", help="Day of departure; by default 1 July of the year."),
    ] = None,
    deadline: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Time allowed (30d, 720h), or the last day (a date)."),
    ] = None,
    by: Annotated[
        list[str] | None,
        typer.Option(
            metavar="A,B,...",
            help="What ways are compared by: time, cost, co2, and with a deadline reliability; "
            "by default the first three. One alone ranks.",
        ),
    ] = None,
    avoid: Annotated[
        list[str] | None, typer.Option(metavar="A,B,...", help=f"Keep out of: {NAMES}.")
    ] = None,
    via: Annotated[
        list[str] | None,
        typer.Option(metavar="A,B,...", help="Pass through all of these, in any order."),
    ] = None,
    k: Annotated[
        int, typer.Option("--k", min=1, max=1000, metavar="N", help="Ways to show, at most.")
    ] = 10,
    max_overlap: Annotated[
        float | None,
        typer.Option(
            min=0.0, max=1.0, metavar="SHARE", help="Length that any two ways may share, 0 to 1."
        ),
    ] = None,
    scenario: ScenarioOption = None,
    queues: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder of a run, whose queues are waited in."),
    ] = None,
    explain: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Show every leg of way N.")
    ] = None,
    why_not: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Say why the ways do not pass there, or not so well."),
    ] = None,
    indicators: Annotated[
        bool,
        typer.Option(
            "--indicators",
            help="Show CAREC's indicators by corridor: border time and cost, section cost, speed.",
        ),
    ] = False,
    map_file: Annotated[
        Path | None, typer.Option("--map", metavar="FILE", help="Write a map (HTML).")
    ] = None,
    diagram: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write time and cost over distance as a diagram (SVG)."),
    ] = None,
    speeds: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write speeds with and without delay as bars (SVG)."),
    ] = None,
    declaration: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write the emissions of way N of --explain, else of way 1, "
            "by element as ISO 14083 has it (CSV); needs --tonnes.",
        ),
    ] = None,
    tonnes: Annotated[
        float | None, typer.Option(metavar="T", help="Weight of the shipment, t.")
    ] = None,
    quiet: QuietOption = False,
    json: JsonOption = False,
) -> None:
    """Find the ways from door to door that no other way beats."""
    from sogdia.analysis.performance import cpmm_indicators
    from sogdia.routing.planner import DEFAULT_CRITERIA, Planner, has_dates
    from sogdia.run.kernels import compilation_announced
    from sogdia.study.load import load

    _check_weight(declaration, tonnes)
    loaded = load(study)
    planner = Planner(
        loaded,
        load_scenario(loaded, scenario),
        depart=None if depart is None else parse_day("--depart", depart),
        queues=None if queues is None else _queues_of(queues),
    )
    shipment: dict[str, Any] = {
        "commodity": _commodity(planner.study, commodity),
        "deadline_days": None if deadline is None else parse_deadline(deadline, planner.depart),
        "avoid": parse_list(avoid),
    }
    wanted: dict[str, Any] = {
        "by": parse_list(by) or DEFAULT_CRITERIA,
        "via": parse_list(via),
        "k": k,
        "max_overlap": max_overlap,
    }
    try:
        with progress_bars(quiet) as progress, compilation_announced(progress):
            answer = planner.route(origin, destination, **shipment, **wanted)
            verdict = planner.why_not(why_not, origin, destination, **shipment) if why_not else None
    except NoRouteError as error:
        if not json:
            raise
        print_json({"error": str(error), "blocked_by": error.blocked_by, "relax": error.relax})
        raise typer.Exit(NO_ANSWER) from error
    if depart is None and has_dates(planner.study):
        note = f"No day of departure was named, so it is {planner.depart}; --depart names another."
        answer = replace(answer, notes=(*answer.notes, note))
    chosen = _itinerary(answer, explain or 1)
    table = cpmm_indicators(answer.itineraries)
    shown = Shown(answer, chosen if explain else None, verdict, table if indicators else None)
    if json:
        print_json(_as_json(shown, planner.study))
    else:
        _print(shown, planner.study)
    for path, text in _files(answer, planner.study, table, (map_file, diagram, speeds)):
        _write(path, text, quiet=quiet)
    if declaration is not None and tonnes is not None:
        text = _declaration(chosen, planner.study, planner.depart, tonnes)
        _write(declaration, text, quiet=quiet)


def _check_weight(declaration: Path | None, tonnes: float | None) -> None:
    if tonnes is not None and not (isfinite(tonnes) and tonnes > 0):
        raise DataError(f"--tonnes {tonnes:g} is not a weight above 0 t")
    if declaration is not None and tonnes is None:
        raise DataError("--declaration is for a shipment; give its weight, e.g. --tonnes 20")


def _commodity(study: Study, name: str | None) -> str | None:
    if name is None and not study.commodity.is_empty():
        known = ", ".join(study.commodity["commodity_id"])
        raise DataError(f"name what is shipped with --commodity; in study {study.name}: {known}")
    return name


def _queues_of(folder: Path) -> pl.DataFrame:
    """Read the elements of a run, with their waits."""
    from sogdia.run.tables import read_table

    file = folder / "elements.parquet"
    if not file.exists():
        raise DataError(
            f"--queues {folder} is not the folder of a run: it has no {file.name}; "
            "sogdia run writes one"
        )
    return read_table(file)


def _itinerary(answer: Answer, rank: int) -> Itinerary:
    shown = len(answer.itineraries)
    if rank > shown:
        raise DataError(
            f"--explain {rank}: the answer has {shown} ways, so name one from 1 to {shown}"
        )
    return answer.itineraries[rank - 1]


@dataclass(frozen=True, slots=True)
class Shown:
    """What is printed: the answer, and what was asked for beside it."""

    answer: Answer
    explained: Itinerary | None
    verdict: WhyNot | None
    indicators: pl.DataFrame | None


def _print(shown: Shown, study: Study) -> None:
    from sogdia.report.route_tables import (
        show_answer,
        show_indicators,
        show_legs,
        show_why_not,
    )

    console = out_console()
    show_answer(shown.answer, console)
    if shown.indicators is not None:
        show_indicators(shown.indicators, console)
    if shown.explained is not None:
        show_legs(shown.explained, console, study)
    if shown.verdict is not None:
        show_why_not(shown.verdict, console)


def _as_json(shown: Shown, study: Study) -> dict[str, Any]:
    from sogdia.report.route_json import answer_json, why_not_json

    content = answer_json(shown.answer, study)
    if shown.indicators is not None:
        content["indicators"] = shown.indicators.to_dicts()
    if shown.verdict is not None:
        content["why_not"] = why_not_json(shown.verdict, shown.answer, study)
    return content


def _files(
    answer: Answer,
    study: Study,
    indicators: pl.DataFrame,
    files: tuple[Path | None, Path | None, Path | None],
) -> Iterator[tuple[Path, str]]:
    """Yield the drawings that are asked for, and where to put them."""
    map_file, diagram, speeds = files
    if map_file is not None:
        from sogdia.report.route_map import route_page

        yield map_file, route_page(answer, study)
    if diagram is not None:
        from sogdia.report.diagram import time_cost_distance_svg

        yield diagram, time_cost_distance_svg(answer.itineraries)
    if speeds is not None:
        from sogdia.report.diagram import speed_svg

        yield speeds, speed_svg(indicators)


def _declaration(itinerary: Itinerary, study: Study, day: date, tonnes: float) -> str:
    from sogdia.analysis.emissions import declaration
    from sogdia.scenario import Period, study_at

    # Factors change with the years: those of the day of departure count.
    now = study_at(study, Period(day, day, 1.0), day.year)
    return declaration(itinerary, now, tonnes=tonnes).write_csv()


def _write(path: Path, text: str, *, quiet: bool) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ResourceError(f"cannot write {path}: {error.strerror or error}") from error
    if not quiet:
        say_written(path)
