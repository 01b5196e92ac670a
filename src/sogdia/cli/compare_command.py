"""`sogdia compare`: what changes from one scenario to another."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sogdia.cli.common import (
    NO_ANSWER,
    AnswerFolderOption,
    JsonOption,
    QuietOption,
    TopOption,
    check_number,
    examples,
    out_console,
    print_json,
    progress_bars,
    say_written,
    scenario_names,
    study_names,
    warn,
)
from sogdia.cli.replication_options import (
    AddressOption,
    ExecutorOption,
    WorkersOption,
    replications_by,
)
from sogdia.cli.words import YEARS
from sogdia.errors import DataError

if TYPE_CHECKING:
    from sogdia.analysis.comparison import Comparison
    from sogdia.simulation import SimulationOptions
    from sogdia.simulation.replication import ReplicateAll

LARGEST_SEED = 2**64 - 1
MOST_ROWS = 1_000_000
REPLICATIONS = 20
EXAMPLES = examples(
    "sogdia compare baseline-2024 red-sea-diversion",
    "sogdia compare before.toml after.toml --study my-study/ --year 2030 --top 0",
    "sogdia compare baseline-2024 caspian-minus-1m --simulate --replications 30 --seed 7",
    "sogdia compare baseline-2024 avoid-russia --simulate --executor dask --workers 8",
    "sogdia compare baseline-2024 avoid-russia --out runs/avoid-russia-change --json --quiet",
    "sogdia compare runs/eurasia-baseline-2024 runs/eurasia-baseline-2024-2",
)

WHAT = "A scenario file or a built-in scenario; or, for A and B, the folders of two runs."


def compare(
    before: Annotated[str, typer.Argument(metavar="A", help=WHAT, autocompletion=scenario_names)],
    after: Annotated[
        str, typer.Argument(metavar="B", help="Another one.", autocompletion=scenario_names)
    ],
    *,
    study: Annotated[
        str,
        typer.Option(
            metavar="STUDY",
            help="A built-in study's name, a folder or a zip.",
            autocompletion=study_names,
        ),
    ] = "eurasia",
    year: Annotated[
        int | None,
        typer.Option(
            metavar="Y", help="Year of demand and network of both; by default each scenario's."
        ),
    ] = None,
    simulate: Annotated[
        bool,
        typer.Option(
            "--simulate",
            help="Simulate both on the same random numbers: differences with 95% intervals.",
        ),
    ] = False,
    replications: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help=f"Pairs of years simulated by --simulate; by default {REPLICATIONS}.",
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(metavar="S", help="Of --simulate: same seed, same result; by default 0."),
    ] = None,
    executor: ExecutorOption = None,
    workers: WorkersOption = None,
    address: AddressOption = None,
    out: AnswerFolderOption = None,
    top: TopOption = 12,
    quiet: QuietOption = False,
    json: JsonOption = False,
) -> None:
    """Show what changes from scenario A to scenario B.

    Both are assigned from scratch. Printed are totals, corridors, goods, nodes, terminals and
    links, scarcity and queues, and demand that is not served: what B has, and how much more or
    less than A that is, the largest change first.
    """
    check_number("--year", year, YEARS[0], YEARS[-1])
    check_number("--top", top, 0, MOST_ROWS)
    if folders := [name for name in (before, after) if _is_folder(name)]:
        if len(folders) == 1:
            raise DataError(
                f"{folders[0]} is the folder of a run, and the other is none: compare two "
                "scenarios, or two folders of runs"
            )
        if year is not None or simulate or executor is not None or out is not None:
            raise DataError(
                "--year, --simulate, --executor and --out are of scenarios; two folders of runs "
                "are compared as they are"
            )
        from sogdia.cli.runs_command import show_difference

        show_difference(Path(before), Path(after), json=json, top=top or None)
        return
    options = _simulation_options(simulate, replications, seed)
    if out is not None and out.exists() and (out.is_file() or any(out.iterdir())):
        raise DataError(f"--out {out} is there already; name a folder that is not")
    with replications_by(executor, workers, address, simulate=simulate) as replicate_all:
        found = _compared(study, before, after, year, options, replicate_all, quiet=quiet)
    _show(found, json=json, top=top or None)
    if out is not None:
        _write_folder(out, found, study, quiet=quiet)
    if not found.converged:
        typer.echo("not converged: what is left is part of every difference", err=True)
        raise typer.Exit(NO_ANSWER)


def _is_folder(name: str) -> bool:
    return name not in scenario_names("") and Path(name).is_dir()


def _simulation_options(
    simulate: bool, replications: int | None, seed: int | None
) -> SimulationOptions | None:
    if not simulate:
        for option, value in (("--replications", replications), ("--seed", seed)):
            if value is not None:
                raise DataError(f"{option} is of --simulate; ask for that, too")
        return None
    from sogdia.simulation import SimulationOptions
    from sogdia.simulation.options import MOST_REPLICATIONS

    check_number("--replications", replications, 2, MOST_REPLICATIONS)
    check_number("--seed", seed, 0, LARGEST_SEED)
    return SimulationOptions(
        replications=REPLICATIONS if replications is None else replications, seed=seed or 0
    )


def _compared(
    study: str,
    before: str,
    after: str,
    year: int | None,
    simulation: SimulationOptions | None,
    replicate_all: ReplicateAll | None,
    *,
    quiet: bool,
) -> Comparison:
    from sogdia.analysis.comparison import compare as compared
    from sogdia.run.kernels import compilation_announced
    from sogdia.scenario import Scenario
    from sogdia.study.load import load

    loaded = load(study)
    first, second = (Scenario.load(name) for name in (before, after))
    with progress_bars(quiet) as progress, compilation_announced(progress):
        found = compared(
            loaded,
            first,
            second,
            year=year,
            simulation=simulation,
            replicate_all=replicate_all,
            progress=progress,
        )
    if found.same_question:
        warn(f"{before} and {after} ask the same; every difference is 0")
    return found


def _show(found: Comparison, *, json: bool, top: int | None) -> None:
    if json:
        from sogdia.report.comparison_json import comparison_json

        print_json(comparison_json(found))
        return
    from sogdia.report.comparison_tables import show_comparison

    show_comparison(found, out_console(), top=top)


def _write_folder(path: Path, found: Comparison, study: str, *, quiet: bool) -> None:
    from sogdia.report.comparison_json import comparison_json
    from sogdia.run.answer_folder import write_answer
    from sogdia.study.load import load

    folder = write_answer(
        found.tables(),
        comparison_json(found),
        study=load(study),
        scenario=found.after.solution.scenario,
        path=path,
    )
    if not quiet:
        say_written(folder)
