"""What to build, on a terminal and in Markdown: projects, interactions, budgets and scenarios."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.text import Text

from sogdia.analysis.investment.options import UNITS, Objective
from sogdia.report.markdown import table as markdown_table
from sogdia.report.sheets import NONE, Column, Row, Sheet, Tone, quantity, sheet_of
from sogdia.report.tables import LONGEST, show_sheet

if TYPE_CHECKING:
    from rich.console import Console

    from sogdia.analysis.investment.opening_years import OpeningPlan
    from sogdia.analysis.investment.result import InvestmentResult
    from sogdia.analysis.investment.system_comparison import SystemOptimum

NOTHING = "nothing"
SIGNED_FROM = 0.005
"""Figures smaller than this are written as none."""
METHODS = {
    "all": "All {portfolios} portfolios that were possible were evaluated: nothing is better.",
    "branch and bound": (
        "Branch and bound over {portfolios} evaluated portfolios: nothing is better, if no "
        "added project takes more from the others than was seen anywhere ({fall} {unit})."
    ),
    "local search": (
        "Local search over {portfolios} evaluated portfolios: nothing is better by more than "
        "{gap} {unit}, if no added project takes more from the others than was seen ({fall})."
    ),
}

PLANS = {
    "all": "When to build: of all plans over the portfolios of every year none is better.",
    "branch and bound": (
        "When to build: the best of each span between openings follow one another, so no plan is "
        "better, under the same supposition."
    ),
    "local search": (
        "When to build: local search over plans; none is better by more than {gap} million USD, "
        "under the same supposition."
    ),
}


def show_invest(result: InvestmentResult, console: Console, *, top: int | None = LONGEST) -> None:
    """Print what to build, and what is known of it.

    Parameters
    ----------
    result : InvestmentResult
        What came of the choice.
    console : Console
        Where to print; 100 columns have room for all.
    top : int, optional
        Rows of each long list; None: all.
    """
    names = ", ".join(one.name for one in result.scenarios)
    console.print(
        Text(
            f"{result.study.name} · {names} · {_years(result)} · budget "
            f"{quantity(result.budget_musd)} M USD · {result.seconds:.1f} s",
            style="bold",
        )
    )
    unit = UNITS[result.options.objective]
    said = [
        METHODS[result.method].format(
            portfolios=result.portfolios.filter("allowed").height,
            fall=_figure(result.largest_fall),
            gap=_figure(result.gap),
            unit=unit,
        )
    ]
    if result.plan is not None:
        said[0] = f"In {result.year} alone: {said[0][0].lower()}{said[0][1:]}"
        said.append(PLANS[result.plan.method].format(gap=_figure(result.plan.gap_musd)))
    for sheet in invest_sheets(result, top):
        console.print()
        show_sheet(sheet, console)
    console.print()
    console.print(Text("Notices", style="bold"))
    for notice in (*said, *result.notices):
        console.print(Text(f"- {notice}"))


def invest_sheets(result: InvestmentResult, top: int | None = LONGEST) -> list[Sheet]:
    """Return all sheets; those that have nothing to say are left out."""
    several = len(result.scenarios) > 1
    if result.plan is None:
        sheets = [chosen_sheet(result)]
    else:
        sheets = [plan_sheet(result, result.plan), openings_sheet(result.plan, top)]
    if result.system_optimum is not None:
        sheets.append(system_optimum_sheet(result.system_optimum))
    sheets.append(projects_sheet(result, top))
    if (unpriced := unpriced_sheet(result)).cells:
        sheets.append(unpriced)
    if (refused := refused_sheet(result)).cells:
        sheets.append(refused)
    if result.interactions.height:
        sheets.append(interactions_sheet(result, top))
    sheets.append(frontier_sheet(result, top))
    return [*sheets, regret_sheet(result)] if several else sheets


def chosen_sheet(result: InvestmentResult) -> Sheet:
    """Return what to build, in the order in which to begin, and what it comes to."""
    by_name = {row["project"]: row for row in result.projects.iter_rows(named=True)}
    rows = [{"rank": rank, **by_name[name]} for rank, name in enumerate(result.chosen, start=1)]
    columns = [
        Column("", lambda row: str(row["rank"])),
        Column("project", lambda row: row["name"], number=False),
        Column("M USD", lambda row: quantity(row["cost_musd"])),
        Column("opens", lambda row: str(row["opens"])),
    ]
    whole = result.portfolio.row(0, named=True)
    if not rows:
        note = "Nothing is worth more than it costs." if _is_npv(result) else "Nothing adds to it."
        return Sheet("Build", [], [], [], note)
    note = (
        f"Together {quantity(whole['cost_musd'])} M USD; net present value "
        f"{_figure(whole['npv_musd'])} M USD, benefit-cost ratio "
        f"{_ratio(whole['benefit_cost_ratio'])}; {_figure(whole['throughput_kt_y'])} kt a year on "
        f"{result.options.corridor}, {_figure(whole['co2_kt_y'])} kt CO2e a year saved."
    )
    return sheet_of("Build, in this order", columns, rows, note=note)


def plan_sheet(result: InvestmentResult, plan: OpeningPlan) -> Sheet:
    """Return what to build and when, and what waiting is worth."""
    columns = [
        Column("opens", lambda row: str(row["opens"])),
        Column("project", lambda row: row["name"], number=False),
        Column("M USD", lambda row: quantity(row["cost_musd"])),
    ]
    rows = plan.plan.to_dicts()
    if not rows:
        return Sheet("Build", [], [], [], "Nothing is worth more than it costs, in any year.")
    note = (
        f"Together {quantity(plan.portfolio['cost_musd'][0])} M USD; net present value "
        f"{_figure(plan.npv_musd)} M USD, against {_figure(plan.at_once_musd)} if each opened as "
        f"soon as it may: waiting is worth {_figure(plan.waiting_musd)}."
    )
    caps = [
        f"{quantity(budget)} by {year}"
        for year, budget in plan.budgets_musd.items()
        if budget < result.budget_musd
    ]
    note += f" Budgets that keep some of it from that, M USD: {', '.join(caps)}." if caps else ""
    return sheet_of("Build, in these years", columns, rows, note=note)


def openings_sheet(plan: OpeningPlan, top: int | None) -> Sheet:
    """Return what each project alone is worth by its opening, the best first."""
    rows: list[Row] = []
    for key, part in plan.by_opening.group_by("project", maintain_order=True):
        values = dict(zip(part["opens"], part["npv_musd"], strict=True))
        planned = part.filter("chosen")["opens"].to_list()
        rows.append({"project": key[0], "values": values, "planned": planned})
    rows.sort(key=lambda row: (-max(row["values"].values()), row["project"]))
    columns = [
        Column("project", lambda row: row["project"], number=False),
        *(
            Column(str(year), lambda row, year=year: _figure(row["values"].get(year)))  # type: ignore[misc]
            for year in plan.openings
        ),
        Column("plan", lambda row: str(row["planned"][0]) if row["planned"] else NONE),
    ]
    return sheet_of(
        "Net present value of each alone by its opening, M USD",
        columns,
        rows[:top],
        tone=lambda row: Tone.GOOD if row["planned"] else Tone.PLAIN,
        note=("With what it requires." + _left_out(len(rows), top)),
    )


def system_optimum_sheet(optimum: SystemOptimum) -> Sheet:
    """Return the planner's portfolio and that of the equilibrium, each by both principles."""
    rows = [
        {
            "who": "planner",
            "planned": optimum.value_musd,
            "reached": optimum.by_equilibrium_musd,
            "chosen": optimum.chosen,
        },
        {
            "who": "equilibrium",
            "planned": optimum.equilibrium_by_planner_musd,
            "reached": optimum.equilibrium_musd,
            "chosen": optimum.equilibrium_chosen,
        },
    ]
    columns = [
        Column("chosen by", lambda row: row["who"], number=False),
        Column("planner", lambda row: _figure(row["planned"])),
        Column("equilibrium", lambda row: _figure(row["reached"])),
        Column("portfolio", lambda row: _named(row["chosen"]), number=False),
    ]
    note = (
        f"The planner's gap is {_figure(optimum.gap_musd)}; {optimum.seconds:.1f} s. Where "
        "shippers choose for themselves, his portfolio misses "
        f"{_figure(optimum.regret_musd)}."
    )
    return sheet_of("System optimum: net present value by each, M USD", columns, rows, note=note)


def projects_sheet(result: InvestmentResult, top: int | None) -> Sheet:
    """Return what may be chosen, each alone, the best first."""
    rows = ranked(result.projects.to_dicts(), result.options.objective)
    built = set(result.opens)
    columns = [
        Column("project", lambda row: row["project"], number=False),
        Column("M USD", lambda row: quantity(row["cost_musd"])),
        Column("NPV", lambda row: _figure(row["npv_musd"])),
        Column("B/C", lambda row: _ratio(row["benefit_cost_ratio"])),
        Column("return", lambda row: _percent(row["first_year_return"])),
        Column("shippers", lambda row: _figure(row["user_benefit_musd_y"])),
        Column("rents", lambda row: _figure(row["rent_musd_y"])),
        Column(f"kt {result.options.corridor}", lambda row: _figure(row["throughput_kt_y"])),
        Column("kt CO2e", lambda row: _figure(row["co2_kt_y"])),
    ]
    if result.outages:
        columns.append(Column("kt kept", lambda row: _figure(row["resilience_kt"])))
    return sheet_of(
        f"Projects, each alone with what it requires, opening in {result.year}",
        columns,
        rows[:top],
        tone=lambda row: Tone.GOOD if row["project"] in built else Tone.PLAIN,
        note=(
            "NPV: M USD. Return: of the first year, which makes waiting wrong where it is above "
            "the discount rate. Shippers and rents of scarce capacity: M USD a year; kt a year."
            + _left_out(len(rows), top)
        ),
    )


def unpriced_sheet(result: InvestmentResult) -> Sheet:
    """Return projects without a published cost, and up to which cost each would pay."""
    rows = [row for row in result.projects.to_dicts() if row["break_even_musd"] is not None]
    rows.sort(key=lambda row: (-row["break_even_musd"], row["project"]))
    columns = [
        Column("project", lambda row: row["project"], number=False),
        Column("pays up to, M USD", lambda row: quantity(row["break_even_musd"])),
        Column("shippers", lambda row: _figure(row["user_benefit_musd_y"])),
        Column("rents", lambda row: _figure(row["rent_musd_y"])),
        Column(f"kt {result.options.corridor}", lambda row: _figure(row["throughput_kt_y"])),
        Column("kt CO2e", lambda row: _figure(row["co2_kt_y"])),
    ]
    note = "Give a cost with --cost ID=USD, and it may be chosen." if rows else ""
    return sheet_of("Without a published cost", columns, rows, note=note)


def refused_sheet(result: InvestmentResult) -> Sheet:
    """Return projects that cannot be chosen for other reasons."""
    rows = [
        row
        for row in result.projects.to_dicts()
        if not row["choosable"] and row["break_even_musd"] is None
    ]
    columns = [
        Column("project", lambda row: row["project"], number=False),
        Column("why it cannot be chosen", lambda row: row["why_not"], number=False),
    ]
    return sheet_of("Not to be chosen", columns, rows)


def interactions_sheet(result: InvestmentResult, top: int | None) -> Sheet:
    """Return pairs that are worth more, or less, together than apart."""
    rows = [row for row in result.interactions.to_dicts() if abs(row["synergy"]) >= SIGNED_FROM]
    columns = [
        Column("pair", lambda row: f"{row['first']} + {row['second']}", number=False),
        Column("one", lambda row: _figure(row["alone_first"])),
        Column("other", lambda row: _figure(row["alone_second"])),
        Column("together", lambda row: _figure(row["together"])),
        Column("more", lambda row: _signed(row["synergy"])),
    ]
    note = _left_out(len(rows), top) if rows else "None: each is worth the same beside the others."
    title = f"Interactions, {UNITS[result.options.objective]}"
    return sheet_of(title, columns, rows[:top], note=note.strip())


def frontier_sheet(result: InvestmentResult, top: int | None) -> Sheet:
    """Return every budget from which on a better portfolio is within reach."""
    rows = result.frontier.to_dicts()
    columns = [
        Column("budget, M USD", lambda row: quantity(row["budget_musd"])),
        Column(UNITS[result.options.objective], lambda row: _figure(row["value"])),
        Column("portfolio", lambda row: _named(row["chosen"]), number=False),
    ]
    sure = result.method == "all" or (result.options.frontier and result.exact)
    note = "" if sure else "Of the portfolios that were evaluated; --frontier seeks them all."
    return sheet_of(
        f"Best portfolio by budget, opening in {result.year}",
        columns,
        rows[:top],
        note=note + _left_out(len(rows), top),
    )


def regret_sheet(result: InvestmentResult) -> Sheet:
    """Return the portfolios that are best for something against every scenario."""
    rows: list[Row] = []
    for key, part in result.regret.group_by("chosen", maintain_order=True):
        row: Row = {"chosen": key[0], "expected": part["expected"][0]}
        row["regret"] = part["regret"].max()
        row |= dict(zip(part["scenario"], part["value"], strict=True))
        rows.append(row)
    columns = [
        Column("portfolio", lambda row: _named(row["chosen"]), number=False),
        *(
            Column(one.name, lambda row, name=one.name: _figure(row[name]))  # type: ignore[misc]
            for one in result.scenarios
        ),
        Column("expected", lambda row: _figure(row["expected"])),
        Column("largest regret", lambda row: _figure(row["regret"])),
    ]
    note = (
        f"Robust (smallest largest regret): {_named(result.robust)}. Knowing the scenario first "
        f"would be worth {_figure(result.perfect_information)}, reckoning with all of them "
        f"instead of the likeliest {_figure(result.stochastic_solution)} "
        f"{UNITS[result.options.objective]}."
    )
    robust = list(result.robust)
    return sheet_of(
        f"Scenarios, {UNITS[result.options.objective]}",
        columns,
        rows,
        tone=lambda row: Tone.GOOD if row["chosen"] == robust else Tone.PLAIN,
        note=note,
    )


def invest_markdown(content: Mapping[str, Any], top: int) -> str:
    """Write the answer to "which investments first" as a Markdown table.

    Parameters
    ----------
    content : mapping
        What ``sogdia invest --json`` printed.
    top : int
        Rows.

    Returns
    -------
    str
        What is chosen, in its order, then the next best of what may be chosen.
    """
    order = {one["project"]: rank for rank, one in enumerate(content["chosen"])}
    rows = ranked(content["projects"], content["objective"])
    rows.sort(key=lambda row: order.get(row["project"], len(order)))
    columns = [
        Column("project", lambda row: row["name"], number=False),
        Column("M USD", lambda row: quantity(row["cost_musd"])),
        Column("NPV, M USD", lambda row: _figure(row["npv_musd"])),
        Column("benefit/cost", lambda row: _ratio(row["benefit_cost_ratio"])),
        Column(f"kt a year on {content['corridor']}", lambda row: _figure(row["throughput_kt_y"])),
        Column("kt CO2e a year saved", lambda row: _figure(row["co2_kt_y"])),
        Column("chosen", lambda row: "yes" if row["project"] in order else "no", number=False),
    ]
    return markdown_table(sheet_of("", columns, rows[:top]))


def ranked(projects: Sequence[Mapping[str, Any]], objective: Objective) -> list[dict[str, Any]]:
    """Return what may be chosen, the best alone first."""
    key = {
        "npv": "npv_musd",
        "throughput": "throughput_kt_y",
        "resilience": "resilience_kt",
        "co2": "co2_kt_y",
    }[objective]
    rows = [dict(row) for row in projects if row["choosable"]]
    return sorted(rows, key=lambda row: (-(row[key] or 0.0), row["cost_musd"], row["project"]))


def _years(result: InvestmentResult) -> str:
    return str(result.year) if result.plan is None else ", ".join(map(str, result.plan.openings))


def _is_npv(result: InvestmentResult) -> bool:
    return result.options.objective == "npv"


def _named(chosen: Sequence[str]) -> str:
    return ", ".join(chosen) or NOTHING


def _figure(value: float | None) -> str:
    if value is not None and abs(value) < SIGNED_FROM:
        return "0"
    return quantity(value)


def _signed(value: float) -> str:
    return f"+{quantity(value)}" if value > 0.0 else quantity(value)


def _ratio(value: float | None) -> str:
    return NONE if value is None else f"{value:.2f}"


def _percent(value: float | None) -> str:
    return NONE if value is None else f"{100 * value:.1f}%"


def _left_out(rows: int, top: int | None) -> str:
    hidden = 0 if top is None else max(0, rows - top)
    return f" {hidden} more with --top 0." if hidden else ""
