"""`sogdia supply`: who can replace whom, over which routes, and what a stop costs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sogdia.cli.common import (
    NO_ANSWER,
    AnswerFolderOption,
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
    scenario_names,
)
from sogdia.cli.supply_words import (
    in_words,
    parse_countries,
    parse_deficit,
    parse_frontier,
    parse_price,
    parse_sweep,
)
from sogdia.cli.words import YEARS, parse_list
from sogdia.errors import DataError, ResourceError

if TYPE_CHECKING:
    import polars as pl

    from sogdia.assignment import Progress
    from sogdia.balance import SupplyOptions, SupplyResult
    from sogdia.balance.disruptions import DisruptionResult
    from sogdia.balance.expansion import ExpansionResult
    from sogdia.report.supply_report import Balance, Frontier, SupplyReport, Sweep
    from sogdia.scenario import Scenario
    from sogdia.study import Study

MOST_DRAWS = 10_000_000
LARGEST_SEED = 2**63 - 1
MOST_ROWS = 1_000_000
LEFT_KT = 1e-6
"""Kilotonnes from which on a deficit is open: a kilogram, less than a solver knows."""
EXAMPLES = examples(
    "sogdia supply eurasia --commodity crude-oil",
    "sogdia supply eurasia -c crude-oil --scenario cpc-stopped --baseline baseline-2024",
    "sogdia supply eurasia -c uranium --embargo RU --buyers FR,DE --no-contracts",
    "sogdia supply eurasia -c crude-oil --sweep price 50:120:5 --frontier cost,avoid-RU "
    "--charts curves.svg",
    "sogdia supply eurasia -c crude-oil --disruptions 10000 --seed 7 --n-minus-2",
    "sogdia supply eurasia -c crude-oil --scenario cpc-stopped --expand all --json --quiet",
)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a study; what may be asked beside its balance is None where it is not.

    Attributes
    ----------
    study, scenario : Study, Scenario
        The study, and what is asked of it.
    commodities : tuple of str or None
        What is balanced; None: all that somebody needs.
    year : int or None
        By default the scenario's.
    options : SupplyOptions
        Embargo, contracts and prices.
    baseline : Scenario or None
        What to compare with.
    sweep : (str, tuple of float) or None
        A parameter, and the values that it takes.
    frontier : (str or None,) or None
        The country whose share cost is weighed against; None in it: any one.
    n_minus_2 : bool
        Whether to stop two elements at once.
    draws, seed : int
        Years of disruptions by chance, and which chance.
    expand : (float or None,) or None
        The deficit to close, kt per year; None in it: all.
    """

    study: Study
    scenario: Scenario
    commodities: tuple[str, ...] | None
    year: int | None
    options: SupplyOptions
    baseline: Scenario | None
    sweep: tuple[str, tuple[float, ...]] | None
    frontier: tuple[str | None] | None
    n_minus_2: bool
    draws: int | None
    seed: int
    expand: tuple[float | None] | None


def supply(
    study: StudyArgument,
    *,
    commodity: Annotated[
        list[str] | None,
        typer.Option(
            "--commodity",
            "-c",
            metavar="A,B,...",
            help="What is balanced; by default all that somebody needs. May be repeated.",
        ),
    ] = None,
    scenario: ScenarioOption = None,
    year: Annotated[
        int | None,
        typer.Option(
            metavar="Y", help="Year of supply, need and network; by default the scenario's."
        ),
    ] = None,
    embargo: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CC,...",
            help="Countries from which, over which and from whose owners nothing is bought.",
        ),
    ] = None,
    buyers: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CC,...",
            help="Countries that keep to the embargo; by default all but those under it.",
        ),
    ] = None,
    no_contracts: Annotated[
        bool, typer.Option("--no-contracts", help="Nobody is bound to deliver or to take.")
    ] = False,
    no_spare: Annotated[
        bool, typer.Option("--no-spare", help="No producer ships more than in an ordinary year.")
    ] = False,
    carbon_price: Annotated[
        float,
        typer.Option(metavar="USD", help="Price of a tonne of CO2e on the way."),
    ] = 0.0,
    price: Annotated[
        str | None,
        typer.Option(
            metavar="USD",
            help="What a tonne of the one commodity asked for is worth to who needs it, instead "
            "of the study's value: per t (600) or per barrel (80/bbl).",
        ),
    ] = None,
    baseline: Annotated[
        str | None,
        typer.Option(
            metavar="FILE_OR_NAME",
            help="Show the change against the balance under this scenario as it is, without "
            "embargo, carbon price and the like.",
            autocompletion=scenario_names,
        ),
    ] = None,
    sweep: Annotated[
        tuple[str, str] | None,
        typer.Option(
            metavar="NAME A:B:STEP",
            help="Balance for every value of price (USD per barrel of what is traded so, else per "
            "t), carbon-price or year: price 50:120:5.",
        ),
    ] = None,
    frontier: Annotated[
        str | None,
        typer.Option(
            metavar="cost,avoid-CC|cost,largest-share",
            help="Weigh cost against the share through a country, or through any one.",
        ),
    ] = None,
    n_minus_2: Annotated[
        bool, typer.Option("--n-minus-2", help="Stop any two elements at once, too.")
    ] = False,
    disruptions: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Live through N years with the disruptions that chance brings: what is "
            "missing, and the stock that would cover it.",
        ),
    ] = None,
    seed: Annotated[
        int,
        typer.Option(metavar="S", help="Of --disruptions: same seed, same result."),
    ] = 1,
    expand: Annotated[
        str | None,
        typer.Option(
            metavar="KT|all",
            help="Find the cheapest set of projects that serves so much more of what is missing, "
            "or all of it: kilotonnes a year, or 1.2 Mt/y, or 50 kb/d.",
        ),
    ] = None,
    charts: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Draw the curves of --sweep, --frontier and --disruptions (.svg)."
        ),
    ] = None,
    out: AnswerFolderOption = None,
    top: TopOption = 12,
    quiet: QuietOption = False,
    json: JsonOption = False,
) -> None:
    """Balance supply and need over the network: who can replace whom, and what a stop costs.

    What producers can ship goes to those who need it at least cost, month by month, over
    routes, through stocks and within contracts. Printed are deliveries, what is missing, what
    binds and what more of it would be worth, concentration, and the cost of each element's stop.
    """
    from sogdia.balance import SupplyOptions
    from sogdia.run.kernels import compilation_announced
    from sogdia.study.load import load

    check_number("--year", year, YEARS[0], YEARS[-1])
    check_number("--disruptions", disruptions, 1, MOST_DRAWS)
    check_number("--seed", seed, 0, LARGEST_SEED)
    check_number("--top", top, 0, MOST_ROWS)
    if not 0 <= carbon_price < float("inf"):
        raise DataError(f"--carbon-price {carbon_price:g} is not a price of 0 or more")
    banned = parse_countries("--embargo", embargo)
    keepers = parse_countries("--buyers", buyers)
    if keepers and not banned:
        raise DataError("--buyers names who keeps to an embargo; name the embargo with --embargo")
    curves = sweep is not None or frontier is not None or disruptions is not None
    _check_charts(charts, curves=curves)
    if out is not None and out.exists() and (out.is_file() or any(out.iterdir())):
        raise DataError(f"--out {out} is there already; name a folder that is not")
    # All of what is asked is read before the work: a slip is known then, and not after it.
    weighed = None if frontier is None else (parse_frontier(frontier),)
    loaded = load(study)
    commodities = _commodities(loaded, commodity)
    question = Question(
        study=loaded,
        scenario=load_scenario(loaded, scenario),
        commodities=commodities,
        year=year,
        options=SupplyOptions(
            embargo=banned,
            buyers=keepers or None,
            contracts=not no_contracts,
            spare=not no_spare,
            carbon_price_usd_t=carbon_price,
            price_usd_t={} if price is None else _price(price, loaded, commodities),
        ),
        baseline=None if baseline is None else load_scenario(loaded, baseline),
        sweep=None if sweep is None else _sweep(*sweep, commodities),
        frontier=weighed,
        n_minus_2=n_minus_2,
        draws=disruptions,
        seed=seed,
        expand=None if expand is None else _expand(expand, loaded, commodities),
    )
    with progress_bars(quiet) as progress, compilation_announced(progress):
        report = _answer(question, progress)
    _show(report, json=json, top=top or None)
    if out is not None:
        _write_folder(out, report, question.scenario, quiet=quiet)
    if charts is not None:
        _write_charts(charts, report, quiet=quiet)
    if report.expansion is not None and report.expansion.left_kt > LEFT_KT:
        typer.echo(
            f"the deficit cannot be closed: {report.expansion.left_kt:,.4g} kt a year are left "
            "with the projects of the study",
            err=True,
        )
        raise typer.Exit(NO_ANSWER)


def _check_charts(path: Path | None, *, curves: bool) -> None:
    """Refuse a picture that could not be drawn or written, before the work and not after it."""
    if path is None:
        return
    if not curves:
        raise DataError(
            "--charts draws the curves of --sweep, --frontier and --disruptions; ask for one"
        )
    if path.suffix.lower() != ".svg":
        raise DataError(f"--charts {path} does not end with .svg")
    if not path.parent.is_dir():
        raise DataError(f"--charts {path} lies in a folder that does not exist; make {path.parent}")


def _commodities(study: Study, named: list[str] | None) -> tuple[str, ...] | None:
    """Return the commodities that are asked for, all of which the study knows."""
    from sogdia.report.query import suggestion

    names = parse_list(named)
    known = study.commodity["commodity_id"].to_list()
    for name in names:
        if name not in known:
            raise DataError(f"there is no commodity {name!r}; {suggestion(name, known)}")
    return names or None


def _only(option: str, commodities: tuple[str, ...] | None) -> str:
    """Return the one commodity that is asked for."""
    if commodities is None or len(commodities) > 1:
        raise DataError(f"{option} is of one commodity; name it with --commodity")
    return commodities[0]


def _row(study: Study, commodity: str) -> dict[str, Any]:
    rows: Iterable[dict[str, Any]] = study.commodity.iter_rows(named=True)
    return next(row for row in rows if row["commodity_id"] == commodity)


def _price(text: str, study: Study, commodities: tuple[str, ...] | None) -> dict[str, float]:
    commodity = _only("--price", commodities)
    return {commodity: parse_price(text, _row(study, commodity))}


def _sweep(
    name: str, text: str, commodities: tuple[str, ...] | None
) -> tuple[str, tuple[float, ...]]:
    from sogdia.balance.sweep import PRICE

    values = parse_sweep(name, text)
    if name == PRICE:
        _only("--sweep price", commodities)
    return name, values


def _expand(text: str, study: Study, commodities: tuple[str, ...] | None) -> tuple[float | None]:
    one = commodities is not None and len(commodities) == 1
    return (parse_deficit(text, _row(study, commodities[0]) if commodities and one else None),)


def _answer(question: Question, progress: Progress | None) -> SupplyReport:
    """Make the balance, what it withstands, and all that was asked beside it."""
    from sogdia.balance import SupplyOptions
    from sogdia.report.supply_report import SupplyReport

    balance = _balance(question, progress)
    result = balance.result
    baseline = None
    if question.baseline is not None:
        # As it is: what an embargo or a price does is the change against it.
        plain = replace(
            question, scenario=question.baseline, year=result.year, options=SupplyOptions()
        )
        baseline = _balance(plain, _prefixed("baseline", progress))
    return SupplyReport(
        study=question.study,
        asked=in_words(question.options),
        balance=balance,
        baseline=baseline,
        n_minus_2=_pairs(result, progress) if question.n_minus_2 else None,
        disruptions=_disruptions(question, result, progress),
        frontier=_frontier(question, result, progress),
        sweep=_swept(question, result.year, progress),
        expansion=_expansion(question, result.year, progress),
    )


def _balance(question: Question, progress: Progress | None) -> Balance:
    from sogdia.balance import supply as balanced
    from sogdia.balance.lead_times import lead_times
    from sogdia.balance.resilience import n_minus_1, n_minus_1_index
    from sogdia.report.supply_report import Balance

    result = balanced(
        question.study,
        question.scenario,
        commodities=question.commodities,
        year=question.year,
        options=question.options,
        progress=progress,
    )
    return Balance(
        result=result,
        n_minus_1=n_minus_1(result, progress=progress),
        index=n_minus_1_index(result),
        lead_times=lead_times(result),
    )


def _pairs(result: SupplyResult, progress: Progress | None) -> pl.DataFrame:
    from sogdia.balance.resilience import n_minus_2

    return n_minus_2(result, progress=progress)


def _disruptions(
    question: Question, result: SupplyResult, progress: Progress | None
) -> DisruptionResult | None:
    if question.draws is None:
        return None
    from sogdia.balance.disruptions import disruptions

    return disruptions(result, draws=question.draws, seed=question.seed, progress=progress)


def _frontier(
    question: Question, result: SupplyResult, progress: Progress | None
) -> Frontier | None:
    if question.frontier is None:
        return None
    from sogdia.balance.frontier import frontier
    from sogdia.report.supply_report import Frontier

    (country,) = question.frontier
    return Frontier(country, frontier(result, country, progress=progress))


def _swept(question: Question, year: int, progress: Progress | None) -> Sweep | None:
    if question.sweep is None:
        return None
    from sogdia.balance.sweep import sweep
    from sogdia.report.supply_report import Sweep

    parameter, values = question.sweep
    points = sweep(
        question.study,
        question.scenario,
        parameter,
        values,
        commodities=question.commodities,
        year=year,
        options=question.options,
        progress=progress,
    )
    return Sweep(parameter, points)


def _expansion(question: Question, year: int, progress: Progress | None) -> ExpansionResult | None:
    if question.expand is None:
        return None
    from sogdia.balance.expansion import cheapest_expansion

    (deficit_kt,) = question.expand
    return cheapest_expansion(
        question.study,
        question.scenario,
        commodities=question.commodities,
        year=year,
        options=question.options,
        deficit_kt=deficit_kt,
        progress=progress,
    )


def _prefixed(prefix: str, progress: Progress | None) -> Progress | None:
    """Return what shows the stages of a second balance under names of their own."""
    if progress is None:
        return None
    return lambda stage, done, total: progress(f"{prefix}: {stage}", done, total)


def _show(report: SupplyReport, *, json: bool, top: int | None) -> None:
    if json:
        from sogdia.report.supply_json import report_json

        print_json(report_json(report))
        return
    from sogdia.report.supply_tables import show_supply

    show_supply(report, out_console(), top=top)


def _write_folder(path: Path, report: SupplyReport, scenario: Scenario, *, quiet: bool) -> None:
    from sogdia.report.supply_json import report_json
    from sogdia.run.answer_folder import write_answer

    folder = write_answer(
        report.tables(), report_json(report), study=report.study, scenario=scenario, path=path
    )
    if not quiet:
        say_written(folder)


def _write_charts(path: Path, report: SupplyReport, *, quiet: bool) -> None:
    from sogdia.report.supply_chart import curves_svg

    text = curves_svg(report)
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ResourceError(f"cannot write {path}: {error.strerror or error}") from error
    if not quiet:
        say_written(path)
