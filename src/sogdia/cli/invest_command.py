"""`sogdia invest`: which projects to build first, and how sure that is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sogdia.cli.common import (
    AnswerFolderOption,
    JsonOption,
    QuietOption,
    StudyArgument,
    TopOption,
    check_number,
    examples,
    load_scenario,
    out_console,
    print_json,
    progress_bars,
    say_written,
    scenario_names,
)
from sogdia.cli.words import YEARS, parse_list
from sogdia.errors import DataError, ResourceError

if TYPE_CHECKING:
    from sogdia.analysis.investment.result import InvestmentResult
    from sogdia.scenario import Scenario
    from sogdia.study import Study

MOST_ROWS = 1_000_000
LONGEST_HORIZON = 200
ELEMENTS = ("link", "terminal", "service", "node", "country")
EXAMPLES = examples(
    "sogdia invest eurasia --budget 2e9 --year 2030",
    "sogdia invest eurasia --budget 2e9 --year 2030 --cost caspian-feeders-kmtf=1.5e8 --frontier "
    "--charts invest.svg",
    "sogdia invest eurasia --budget 1e9 --year 2030 --scenario baseline-2024=0.7 "
    "--scenario avoid-russia=0.3",
    "sogdia invest eurasia --budget 2e9 --opening 2030 --opening 2035 --budget-by 2030=1e8",
    "sogdia invest eurasia --budget 2e9 --year 2030 --system-optimum",
    "sogdia invest eurasia --budget 1e9 --year 2030 --objective resilience --outage "
    "terminal:KZSCO-box-2",
)


def invest(
    study: StudyArgument,
    *,
    budget: Annotated[
        float, typer.Option(metavar="USD", help="Most that construction may cost: 2e9.")
    ],
    year: Annotated[
        int | None,
        typer.Option(
            metavar="Y",
            help="Year that is evaluated, and in which all that is built opens; by default the "
            "scenario's.",
        ),
    ] = None,
    opening: Annotated[
        list[int] | None,
        typer.Option(
            metavar="Y",
            help="A year in which projects may open, instead of --year: given twice or more, it is "
            "chosen when to build what. Each is evaluated by itself.",
        ),
    ] = None,
    budget_by: Annotated[
        list[str] | None,
        typer.Option(
            metavar="Y=USD",
            help="Most that what opens by an opening year may cost: 2030=5e8. May be repeated.",
        ),
    ] = None,
    system_optimum: Annotated[
        bool,
        typer.Option(
            "--system-optimum",
            help="Also solve what one planner would build who assigned all flows himself, by a "
            "mixed-integer program, and what that is worth where shippers choose.",
        ),
    ] = False,
    objective: Annotated[
        str, typer.Option(metavar="npv|throughput|resilience|co2", help="What is sought most of.")
    ] = "npv",
    scenario: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FILE_OR_NAME[=WEIGHT]",
            help="What may hold; by default the study's own. May be repeated: the weights are all "
            "alike, or given for all and 1 together.",
            autocompletion=scenario_names,
        ),
    ] = None,
    must: Annotated[
        list[str] | None,
        typer.Option(metavar="ID,...", help="Projects that have to be built."),
    ] = None,
    without: Annotated[
        list[str] | None, typer.Option(metavar="ID,...", help="Projects that may not be built.")
    ] = None,
    cost: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ID=USD",
            help="Cost of a project instead of the study's, which may have none. May be repeated.",
        ),
    ] = None,
    discount_rate: Annotated[float, typer.Option(metavar="SHARE", help="Of a year.")] = 0.05,
    horizon: Annotated[int, typer.Option(metavar="YEARS", help="Years of use that count.")] = 30,
    carbon_price: Annotated[
        float, typer.Option(metavar="USD", help="Shadow price of a tonne of CO2e.")
    ] = 100.0,
    construction_years: Annotated[
        int, typer.Option(metavar="YEARS", help="Years that construction is spread over.")
    ] = 4,
    opex_share: Annotated[
        float,
        typer.Option(
            metavar="SHARE",
            help="Running cost a year as a share of the cost, where none is published.",
        ),
    ] = 0.02,
    corridor: Annotated[
        str | None,
        typer.Option(
            metavar="ID",
            help="Corridor whose throughput counts; by default main_corridor of study.toml, or the "
            "first by priority.",
        ),
    ] = None,
    outage: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KIND:ID",
            help="An element whose loss for a year is lived through: link:KZSCO-AZALA-box; by "
            "default the busiest links of the corridor, for --objective resilience. May be "
            "repeated.",
        ),
    ] = None,
    frontier: Annotated[
        bool,
        typer.Option("--frontier", help="Seek the best portfolio of every smaller budget, too."),
    ] = False,
    evaluations: Annotated[
        int,
        typer.Option(
            metavar="N", help="Portfolios evaluated at most before a local search takes over."
        ),
    ] = 600,
    executor: Annotated[
        str, typer.Option(metavar="threads|local|dask", help="What evaluates portfolios.")
    ] = "threads",
    workers: Annotated[
        int | None,
        typer.Option(metavar="N", help="Portfolios at once; by default one per core."),
    ] = None,
    address: Annotated[
        str | None, typer.Option(metavar="TCP", help="Scheduler of a Dask cluster.")
    ] = None,
    charts: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Draw the frontier, and regret or projects (.svg)."),
    ] = None,
    out: AnswerFolderOption = None,
    top: TopOption = 12,
    quiet: QuietOption = False,
    json: JsonOption = False,
) -> None:
    """Choose which projects of a study to build with a budget.

    Every portfolio is an assignment of its own: shippers answer to what is built. Printed are what
    to build and in which order, what each project is worth alone and in pairs, the best portfolio
    of every budget, and, with several scenarios, the regret of each portfolio.

    With --opening 2030 --opening 2035 it is also chosen when to build: what each project is worth
    by its opening, and what waiting is worth. With --system-optimum the choice is set beside that
    of a planner who tells all goods which way to go.
    """
    from sogdia.analysis.investment.invest import invest as chosen
    from sogdia.analysis.investment.options import InvestmentOptions
    from sogdia.run.executors.executor import executor as executor_of
    from sogdia.run.kernels import compilation_announced
    from sogdia.run.portfolios import spread_over
    from sogdia.study.load import load

    check_number("--year", year, YEARS[0], YEARS[-1])
    for one in opening or []:
        check_number("--opening", one, YEARS[0], YEARS[-1])
    check_number("--horizon", horizon, 1, LONGEST_HORIZON)
    check_number("--top", top, 0, MOST_ROWS)
    check_number("--evaluations", evaluations, 1, MOST_ROWS)
    _check_files(charts, out)
    named = [_weighted(one) for one in scenario or []]
    options = InvestmentOptions(
        objective=objective,  # type: ignore[arg-type]  # checked with the rest
        discount_rate=discount_rate,
        horizon_years=horizon,
        construction_years=construction_years,
        opex_share=opex_share,
        carbon_usd_t=carbon_price,
        corridor=corridor or "",
        outages=tuple(_outage(one) for one in outage) if outage else None,
        must=parse_list(must),
        without=parse_list(without),
        costs_usd=dict(_cost(one) for one in cost or []),
        most_evaluations=evaluations,
        frontier=frontier,
        openings=tuple(opening or ()),
        budgets_by_usd=dict(_budget_by(one) for one in budget_by or []),
        system_optimum=system_optimum,
    )
    loaded = load(study)
    worlds = [load_scenario(loaded, name) for name, _ in named] or [load_scenario(loaded, None)]
    _check_outages(loaded, options.outages or ())
    with (
        progress_bars(quiet) as progress,
        compilation_announced(progress),
        executor_of(executor, workers, address) as crew,
    ):
        result = chosen(
            loaded,
            worlds,
            budget_usd=budget,
            year=year,
            weights=[weight for _, weight in named] or None,
            options=options,
            evaluate_all=spread_over(crew),
            progress=progress,
        )
    _show(result, json=json, top=top or None)
    _write(result, worlds[0], charts, out, quiet=quiet)


def _check_files(charts: Path | None, out: Path | None) -> None:
    """Refuse what could not be written, before the work and not after it."""
    if charts is not None and charts.suffix.lower() != ".svg":
        raise DataError(f"--charts {charts} does not end with .svg")
    if charts is not None and not charts.parent.is_dir():
        raise DataError(
            f"--charts {charts} lies in a folder that does not exist; make {charts.parent}"
        )
    if out is not None and out.exists() and (out.is_file() or any(out.iterdir())):
        raise DataError(f"--out {out} is there already; name a folder that is not")


def _weighted(text: str) -> tuple[str, float | None]:
    """Read a scenario and its weight."""
    name, mark, weight = text.rpartition("=")
    if not mark:
        return text, None
    try:
        return name, float(weight)
    except ValueError as error:
        raise DataError(f"--scenario {text}: {weight!r} is no weight, such as 0.3") from error


def _cost(text: str) -> tuple[str, float]:
    """Read a project and its cost."""
    name, mark, usd = text.rpartition("=")
    try:
        if mark:
            return name, float(usd)
    except ValueError:
        pass
    raise DataError(f"--cost {text} is no project and its cost in USD, such as some-port=2.5e8")


def _budget_by(text: str) -> tuple[int, float]:
    """Read a year and what may be spent by then."""
    year, _, usd = text.partition("=")
    try:
        return int(year), float(usd)
    except ValueError as error:
        raise DataError(
            f"--budget-by {text} is no opening year and its budget in USD, such as 2030=5e8"
        ) from error


def _outage(text: str) -> tuple[str, str]:
    """Read the kind and the name of an element."""
    kind, _, name = text.partition(":")
    if kind not in ELEMENTS or not name:
        kinds = ", ".join(ELEMENTS)
        raise DataError(f"--outage {text} is no element, such as link:A-B; kinds are {kinds}")
    return kind, name


def _check_outages(study: Study, outages: tuple[tuple[str, str], ...]) -> None:
    """Refuse elements that the study does not have; countries may lie anywhere."""
    from sogdia.report.query import suggestion

    frames = study.frames()
    for kind, name in outages:
        if kind == "country":
            continue
        known = frames[kind][f"{kind}_id"].to_list()
        if name not in known:
            raise DataError(f"--outage: there is no {kind} {name!r}; {suggestion(name, known)}")


def _show(result: InvestmentResult, *, json: bool, top: int | None) -> None:
    if json:
        from sogdia.report.invest_json import invest_json

        print_json(invest_json(result))
        return
    from sogdia.report.invest_tables import show_invest

    show_invest(result, out_console(), top=top)


def _write(
    result: InvestmentResult,
    scenario: Scenario,
    charts: Path | None,
    out: Path | None,
    *,
    quiet: bool,
) -> None:
    if out is not None:
        from sogdia.report.invest_json import invest_json
        from sogdia.run.answer_folder import write_answer

        folder = write_answer(
            result.tables(), invest_json(result), study=result.study, scenario=scenario, path=out
        )
        if not quiet:
            say_written(folder)
    if charts is None:
        return
    from sogdia.report.invest_chart import invest_svg

    try:
        charts.write_text(invest_svg(result), encoding="utf-8")
    except OSError as error:
        raise ResourceError(f"cannot write {charts}: {error.strerror or error}") from error
    if not quiet:
        say_written(charts)
