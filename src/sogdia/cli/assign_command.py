"""`sogdia assign`: trips, or freight, in equilibrium on their network."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sogdia.cli.common import (
    NO_ANSWER,
    JsonOption,
    QuietOption,
    RunFolderOption,
    ScenarioOption,
    StudyArgument,
    TopOption,
    examples,
    load_scenario,
    out_console,
    print_json,
    progress_bars,
    say_written,
)
from sogdia.cli.words import YEARS
from sogdia.errors import DataError

if TYPE_CHECKING:
    import polars as pl

    from sogdia.assignment import AssignmentResult, Method, StochasticOptions, TrafficResult
    from sogdia.study import Study

    Result = AssignmentResult | TrafficResult

METHODS = ("ue", "so", "sue", "aon")
MODELS = {"path-size": "path_size", "c-logit": "c_logit", "nested": "nested"}
EXAMPLES = examples(
    "sogdia assign SiouxFalls --method ue --gap 1e-10",
    "sogdia assign ChicagoSketch --toll-factor 0.02 --distance-factor 0.04 --threads 2",
    "sogdia assign my-city.zip --method so --out runs/optimum --paths",
    "sogdia assign my-city --skims skims.omx --co2 0.17 --select-link 43",
    "sogdia assign my-city --scenario bridge-closed.toml --json --quiet",
    "sogdia assign my-city --method sue --model c-logit --scale 0.3",
    "sogdia assign eurasia --method so --year 2024",
)


@dataclass(frozen=True, slots=True)
class Selected:
    """A link, and the pairs that use it."""

    link_id: str
    pairs: pl.DataFrame


def assign(
    study: StudyArgument,
    *,
    method: Annotated[
        str | None,
        typer.Option(
            metavar="ue|so|sue|aon",
            help="User equilibrium, system optimum, stochastic user equilibrium, all or nothing; "
            "by default ue for trips and sue for freight.",
        ),
    ] = None,
    gap: Annotated[
        float | None,
        typer.Option(
            metavar="G",
            help="Relative gap at which to stop; of sue, the residual; by default 1e-8, of "
            "freight by ue and so 1e-6.",
        ),
    ] = None,
    scenario: ScenarioOption = None,
    year: Annotated[
        int | None,
        typer.Option(
            metavar="Y", help="Year of network and demand; a study without years needs none."
        ),
    ] = None,
    iterations: Annotated[
        int | None,
        typer.Option(metavar="N", help="Iterations allowed; by default plenty."),
    ] = None,
    threads: Annotated[
        int, typer.Option(metavar="N", help="Threads; the flows do not depend on them.")
    ] = 1,
    model: Annotated[
        str | None,
        typer.Option(
            metavar="path-size|c-logit|nested",
            help="Of sue with trips: how overlapping ways are told apart; nested: by corridor.",
        ),
    ] = None,
    scale: Annotated[
        float | None,
        typer.Option(
            metavar="S",
            help="Of sue with trips: scale of the logit per unit of cost. The larger, the nearer "
            "to ue.",
        ),
    ] = None,
    toll_factor: Annotated[
        float | None,
        typer.Option(
            metavar="T",
            help="Time that a unit of toll is worth to all classes, instead of the study's; TNTP "
            "networks state it in their readme.",
        ),
    ] = None,
    distance_factor: Annotated[
        float | None,
        typer.Option(metavar="T", help="The same of a unit of length."),
    ] = None,
    select_link: Annotated[
        str | None,
        typer.Option(
            metavar="LINK[:DIRECTION]",
            help="Tell whose trips use a link: from where to where. Direction: forward or "
            "backward; by default both.",
        ),
    ] = None,
    skims: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write cost, time, length and CO2 from zone to zone as matrices (.omx).",
        ),
    ] = None,
    co2: Annotated[
        float | None,
        typer.Option(
            metavar="KG", help="Of --skims: CO2e of a vehicle, kg per km; freight has its own."
        ),
    ] = None,
    out: RunFolderOption = None,
    paths: Annotated[
        bool, typer.Option("--paths", help="Write the flows by path and by pair too.")
    ] = False,
    top: TopOption = 12,
    quiet: QuietOption = False,
    json: JsonOption = False,
) -> None:
    """Assign trips, or freight, to their network, and write the flows.

    STUDY may be a folder of GMNS or TNTP files as it is.

    In user equilibrium nobody has a cheaper way; the relative gap says how
    much of all cost could be saved by changing to one.

    Where the gap asked for is not reached, flows are written all the same
    and the command ends with 3.
    """
    from sogdia import assignment
    from sogdia.run.answer_folder import fill_answer
    from sogdia.run.folder import new_folder
    from sogdia.run.kernels import compilation_announced
    from sogdia.run.traffic_tables import FLOWS, kept_tables
    from sogdia.study.load import load

    _check_options(method, gap, year, iterations, threads, top)
    _check_skims(skims, co2)
    stochastic = _stochastic(model, scale, method)
    link = None if select_link is None else _link(select_link)
    loaded = _with_factors(load(study), toll_factor, distance_factor)
    asked = load_scenario(loaded, scenario)
    chosen = _method(method, goods=assignment.is_about_goods(loaded))
    by_choice = chosen == "sue" and assignment.is_about_goods(loaded)
    if by_choice:
        _refuse_for_goods(stochastic, skims, link)
    name = _folder_name(loaded.name, asked.name, year or asked.year, chosen)
    # The folder is opened first: a full disk is known before the work, not after it.
    with new_folder(out or Path("runs") / name, numbered=out is None) as folder:
        with progress_bars(quiet) as progress, compilation_announced(progress):
            result = assignment.assign(
                loaded,
                asked,
                method=chosen,
                year=year,
                gap=gap,
                iterations=iterations,
                threads=threads,
                stochastic=stochastic,
                progress=progress,
            )
        selected = None
        if link is not None and isinstance(result, assignment.TrafficResult):
            selected = Selected(link[0], result.select_link(*link))
        content = _content(result, selected)
        tables = kept_tables(result, paths=paths)
        fill_answer(folder, tables, content, study=loaded, scenario=asked)
        if skims is not None and isinstance(result, assignment.TrafficResult):
            _write_skims(skims, result, co2)
            content["skims"] = str(skims)
    content["flows"] = str(_short(folder.path / f"{FLOWS}.parquet"))
    _show(result, content, selected, json=json, top=top or None)
    if not quiet:
        say_written(folder.path)
        if skims is not None:
            say_written(skims)
    if not result.converged:
        reached, wanted = content["relative_gap"], content["target_gap"]
        typer.echo(
            f"the gap of {wanted:g} was not reached: {reached:.1e} is left after "
            f"{content['iterations']} iterations; allow more with --iterations, or a larger --gap",
            err=True,
        )
        raise typer.Exit(NO_ANSWER)


def _check_options(
    method: str | None,
    gap: float | None,
    year: int | None,
    iterations: int | None,
    threads: int,
    top: int,
) -> None:
    if method is not None and method not in METHODS:
        raise DataError(f"--method {method!r} is none of {', '.join(METHODS)}")
    if gap is not None and not 0.0 < gap < 1.0:
        raise DataError(f"--gap {gap:g} is not between 0 and 1, such as 1e-8")
    if year is not None and year not in YEARS:
        raise DataError(f"--year {year} is not a number from {YEARS[0]} to {YEARS[-1]}")
    for option, number, least in (
        ("--iterations", iterations, 1),
        ("--threads", threads, 1),
        ("--top", top, 0),
    ):
        if number is not None and number < least:
            raise DataError(f"{option} {number} is not a number from {least}")


def _check_skims(skims: Path | None, co2: float | None) -> None:
    """Refuse what could not be written, before the work and not after it."""
    if co2 is not None:
        if skims is None:
            raise DataError("--co2 is of the skims; ask for them with --skims FILE.omx")
        if not 0.0 <= co2 < float("inf"):
            raise DataError(f"--co2 {co2:g} is not a number of kg per km from 0")
    if skims is None:
        return
    if skims.suffix.lower() != ".omx":
        raise DataError(f"--skims {skims} does not end with .omx")
    if not skims.absolute().parent.is_dir():
        raise DataError(f"--skims {skims} lies in a folder that does not exist")


def _stochastic(
    model: str | None, scale: float | None, method: str | None
) -> StochasticOptions | None:
    if model is None and scale is None:
        return None
    if method != "sue":
        raise DataError("--model and --scale are of --method sue")
    if model is not None and model not in MODELS:
        raise DataError(f"--model {model!r} is none of {', '.join(MODELS)}")
    if scale is not None and not 0.0 < scale < float("inf"):
        raise DataError(f"--scale {scale:g} is not a positive number")
    from sogdia.assignment import StochasticOptions

    given: dict[str, Any] = {}
    if model is not None:
        given["model"] = MODELS[model]
    if scale is not None:
        given["scale"] = scale
    return StochasticOptions(**given)


def _with_factors(study: Study, toll_factor: float | None, distance_factor: float | None) -> Study:
    """Return the study with what tolls and lengths are worth to all classes."""
    import polars as pl

    given = {
        name: factor
        for name, factor in (("toll_factor", toll_factor), ("distance_factor", distance_factor))
        if factor is not None
    }
    if not given:
        return study
    if study.user_class.is_empty():
        raise DataError("--toll-factor and --distance-factor are of trips; this study has none")
    for name, factor in given.items():
        if not 0.0 <= factor < float("inf"):
            raise DataError(f"--{name.replace('_', '-')} {factor:g} is not a number from 0")
    changed = study.user_class.with_columns(pl.lit(f).alias(name) for name, f in given.items())
    return study.with_tables(user_class=changed)


def _link(text: str) -> tuple[str, bool | None]:
    """Read a link and a direction."""
    link, _, direction = text.partition(":")
    directions = {"": None, "forward": True, "backward": False}
    if not link or direction not in directions:
        raise DataError(f"--select-link {text!r} is not a link such as 43 or 43:backward")
    return link, directions[direction]


def _method(method: str | None, *, goods: bool) -> Method:
    chosen: Any = method or ("sue" if goods else "ue")
    return chosen  # type: ignore[no-any-return]


def _refuse_for_goods(
    stochastic: StochasticOptions | None, skims: Path | None, link: tuple[str, bool | None] | None
) -> None:
    given = {
        "--model and --scale": stochastic is not None,
        "--skims": skims is not None,
        "--select-link": link is not None,
    }
    for option, is_given in given.items():
        if is_given:
            raise DataError(
                f"{option} has no meaning for freight by --method sue, where shippers differ in "
                "their value of time; --method ue or so have skims and select links"
            )


def _folder_name(study: str, scenario: str, year: int | None, method: str) -> str:
    from sogdia.run.names import run_name

    return f"{run_name(study, scenario, year)}-{method}"


def _content(result: Result, selected: Selected | None) -> dict[str, Any]:
    from sogdia.assignment import TrafficResult
    from sogdia.report.traffic_json import goods_json, selected_json, traffic_json

    if not isinstance(result, TrafficResult):
        return goods_json(result)
    content = traffic_json(result)
    if selected is not None:
        content["select_link"] = selected_json(selected.link_id, selected.pairs)
    return content


def _write_skims(path: Path, result: TrafficResult, co2: float | None) -> None:
    from sogdia.study.formats.omx import write_matrices

    matrices: dict[str, Any] = {}
    for class_id in result.class_ids:
        prefix = "" if len(result.class_ids) == 1 else re.sub(r"[^\w.+-]", "_", class_id) + "_"
        skims = result.skim_matrices(class_id, co2_kg_km=co2)
        matrices |= {f"{prefix}{name}": matrix for name, matrix in skims.matrices().items()}
    write_matrices(path, result.zone_id, matrices)


def _short(path: Path) -> Path:
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def _show(
    result: Result,
    content: dict[str, Any],
    selected: Selected | None,
    *,
    json: bool,
    top: int | None,
) -> None:
    from sogdia.assignment import TrafficResult

    if json:
        print_json(content)
    elif isinstance(result, TrafficResult):
        from sogdia.report.traffic_tables import show_traffic

        chosen = None if selected is None else (selected.link_id, selected.pairs)
        show_traffic(result, out_console(), selected=chosen, top=top)
    else:
        from sogdia.report.traffic_tables import show_goods

        show_goods(result, out_console(), top=top)
