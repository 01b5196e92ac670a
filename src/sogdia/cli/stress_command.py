"""`sogdia stress`: every element of the network lost in turn."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sogdia.cli.common import (
    AnswerFolderOption,
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
    warn,
)
from sogdia.cli.replication_options import (
    AddressOption,
    ExecutorOption,
    WorkersOption,
    replications_by,
)
from sogdia.cli.words import YEARS, parse_day, parse_list
from sogdia.errors import DataError

if TYPE_CHECKING:
    from sogdia.simulation import SimulationOptions

SORTS = ("lost", "cost", "days", "co2", "welfare", "risk")
ELEMENTS = "links, terminals, services, chokepoints, nodes, countries"
USUAL_ELEMENTS = ("links", "terminals")
REPLICATIONS = 10
MOST_SIMULATED = 5
LARGEST_SEED = 2**63 - 1
MOST_ROWS = 1_000_000
EXAMPLES = examples(
    "sogdia stress eurasia",
    "sogdia stress eurasia --elements countries,chokepoints --days 60 --sort welfare",
    "sogdia stress eurasia --elements services --capacity-left 0.5 --on 2024-02-01",
    "sogdia stress eurasia --n 2 --elements chokepoints,terminals --top 20",
    "sogdia stress eurasia --elements chokepoints --simulate --top 3",
    "sogdia stress eurasia --simulate --top 3 --executor local --workers 8",
    "sogdia stress eurasia --scenario avoid-russia --year 2030 --json --quiet",
)


def stress(
    study: StudyArgument,
    *,
    n: Annotated[
        int, typer.Option("--n", metavar="1|2", help="2: any two elements at once, too.")
    ] = 1,
    elements: Annotated[
        list[str] | None,
        typer.Option(
            metavar="A,B,...",
            help=f"What is lost: some of {ELEMENTS}. By default links,terminals.",
        ),
    ] = None,
    days: Annotated[float, typer.Option(metavar="D", help="How long each outage lasts.")] = 365.0,
    on: Annotated[
        str | None,
        typer.Option(
            metavar="DATE", help="The day whose network is looked at; by default the year's last."
        ),
    ] = None,
    capacity_left: Annotated[
        float,
        typer.Option(
            metavar="SHARE",
            help="Share of its capacity that a lost element keeps; 0 closes it.",
        ),
    ] = 0.0,
    scenario: ScenarioOption = None,
    year: Annotated[
        int | None,
        typer.Option(metavar="Y", help="Year of demand and network; by default the scenario's."),
    ] = None,
    top: Annotated[
        int,
        typer.Option(
            metavar="N", help="Rows shown of each long list, 0: all; and pairs that are sought."
        ),
    ] = 12,
    sort: Annotated[
        str,
        typer.Option(
            metavar="|".join(SORTS),
            help="What ranks elements; risk: by the record of disruptions.",
        ),
    ] = "lost",
    simulate: Annotated[
        bool,
        typer.Option(
            "--simulate",
            help="Show the worst again with simulated waits: minutes for each; "
            f"with --top, at most {MOST_SIMULATED}.",
        ),
    ] = False,
    replications: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help=f"Years simulated in each round of --simulate; by default {REPLICATIONS}.",
        ),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(metavar="S", help="Of --simulate: same seed, same result.")
    ] = None,
    executor: ExecutorOption = None,
    workers: WorkersOption = None,
    address: AddressOption = None,
    threads: Annotated[
        int | None,
        typer.Option(metavar="N", help="Elements lost at the same time; no figure depends on it."),
    ] = None,
    out: AnswerFolderOption = None,
    quiet: QuietOption = False,
    json: JsonOption = False,
) -> None:
    """Remove or degrade every element of a freight network in turn, and rank the harm.

    After each loss shippers choose anew, as in equilibrium, on what is left. Printed are the
    tonnes that are not shipped any more, what the rest costs more, takes longer and emits more,
    the loss of welfare, who can no longer be served and why.
    """
    from sogdia.analysis.criticality.elements import kinds_of
    from sogdia.analysis.criticality.simulated import stress_simulated
    from sogdia.analysis.criticality.stress import stress as stressed
    from sogdia.report.stress_json import stress_json
    from sogdia.report.stress_tables import show_stress
    from sogdia.run.kernels import compilation_announced
    from sogdia.study.load import load

    _check(year, top, sort, out)
    simulation = _simulation_options(simulate, replications, seed)
    day = None if on is None else parse_day("--on", on)
    kinds = parse_list(elements) if elements is not None else USUAL_ELEMENTS
    kinds_of(kinds)
    loaded = load(study)
    asked = load_scenario(loaded, scenario)
    with (
        replications_by(executor, workers, address, simulate=simulate) as replicate_all,
        progress_bars(quiet) as progress,
        compilation_announced(progress),
    ):
        result = stressed(
            loaded,
            asked,
            year=year,
            on=day,
            n=n,
            elements=kinds,
            days=days,
            capacity_left=capacity_left,
            top_pairs=top or MOST_ROWS,
            threads=threads,
            progress=progress,
        )
        simulated = None
        if simulation is not None:
            simulated = stress_simulated(
                loaded,
                asked,
                result,
                top=min(top or MOST_SIMULATED, MOST_SIMULATED),
                simulation_options=simulation,
                replicate_all=replicate_all,
                progress=progress,
            )
    content = stress_json(result, simulated)
    if json:
        print_json(content)
    else:
        show_stress(content, out_console(), top=top or None, sort=sort)
    if out is not None:
        from sogdia.run.answer_folder import write_answer

        tables = {"elements": result.elements, "unserved": result.unserved}
        if result.pair_search is not None:
            tables["pairs"] = result.pairs
        if simulated is not None:
            tables["simulated"] = simulated
        say = write_answer(tables, content, study=loaded, scenario=asked, path=out)
        if not quiet:
            say_written(say)
    apart = result.elements.filter(~result.elements["converged"]).height
    if apart:
        warn(
            f"{apart:,} of {result.elements.height:,} equilibria were not found as exactly as "
            'asked; their elements have "converged": false in --json'
        )


def _check(year: int | None, top: int, sort: str, out: Path | None) -> None:
    """Refuse what cannot be before the work, and not after it."""
    if year is not None and year not in YEARS:
        raise DataError(f"--year {year} is not a number from {YEARS[0]} to {YEARS[-1]}")
    if not 0 <= top <= MOST_ROWS:
        raise DataError(f"--top {top} is not a number from 0 to {MOST_ROWS}")
    if sort not in SORTS:
        raise DataError(f"--sort {sort!r} is none of {', '.join(SORTS)}")
    if out is not None and out.exists() and (out.is_file() or any(out.iterdir())):
        raise DataError(f"--out {out} is there already; name a folder that is not")


def _simulation_options(
    simulate: bool, replications: int | None, seed: int | None
) -> SimulationOptions | None:
    """Return how to simulate, if that is asked for."""
    if not simulate:
        for option, given in (("--replications", replications), ("--seed", seed)):
            if given is not None:
                raise DataError(f"{option} is of --simulate; ask for it")
        return None
    if seed is not None and not 0 <= seed <= LARGEST_SEED:
        raise DataError(f"--seed {seed} is not a number from 0 to {LARGEST_SEED}")
    from sogdia.simulation import SimulationOptions

    options = SimulationOptions(
        replications=REPLICATIONS if replications is None else replications, seed=seed or 0
    )
    options.check()
    return options
