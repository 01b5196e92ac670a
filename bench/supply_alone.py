"""Do one thing in a process of its own, and tell its time and its memory.

    python -m bench.supply_alone year STUDY
    python -m bench.supply_alone paths NODES COMMODITIES
    python -m bench.supply_alone arcs NODES COMMODITIES SECONDS

The balance of a year; a synthetic balance over paths; the same in its arc form, by plain
HiGHS, which gives up after so many seconds. Prints JSON.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from time import perf_counter
from typing import Any

from bench.simulation_memory import memory_mib
from bench.supply_synthetic import synthetic

import sogdia
from sogdia.balance import supply
from sogdia.balance.problem import Problem
from sogdia.balance.program import Program

ARC_FORM = Path(__file__).parents[1] / "tests" / "balance" / "arc_form.py"
"""Peers bring packages of the name ``tests``, so it is loaded from its file."""
FEW_NODES, FEW_COMMODITIES = 60, 3


def arc_form() -> Callable[..., Any]:
    """Return what solves a balance in its arc form."""
    spec = spec_from_file_location("arc_form", ARC_FORM)
    if spec is None or spec.loader is None:
        raise SystemExit(f"{ARC_FORM} is missing")
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    solve: Callable[..., Any] = module.solve_arc_form
    return solve


def year(name: str) -> dict[str, Any]:
    """Balance a year of a study; reading its tables is not counted, nor kernels' first load."""
    Program(synthetic(FEW_NODES, FEW_COMMODITIES)).solve()
    study = sogdia.load(name)
    before = memory_mib("VmRSS")
    started = perf_counter()
    result = supply(study)
    seconds = perf_counter() - started
    problem = result.assembly.problem
    return {
        "seconds": seconds,
        "stages": dict(result.seconds),
        "objective": result.solution.objective,
        "rounds": result.solution.rounds,
        "paths": result.program.pool.count,
        "pairs": problem.pairs,
        "networks": len(problem.arc_counts),
        "commodities": len(result.commodities),
        "before_mib": before,
        "peak_mib": memory_mib("VmHWM"),
    }


def paths(problem: Problem) -> dict[str, Any]:
    """Solve a balance over paths."""
    Program(synthetic(FEW_NODES, FEW_COMMODITIES)).solve()
    started = perf_counter()
    program = Program(problem)
    solution = program.solve()
    return {
        "seconds": perf_counter() - started,
        "objective": solution.objective,
        "gap": solution.gap,
        "rounds": solution.rounds,
        "paths": program.pool.count,
        "full": int((solution.scarcity > 1e-6).sum()),
        "peak_mib": memory_mib("VmHWM"),
    }


def arcs(problem: Problem, limit_s: float) -> dict[str, Any]:
    """Solve a balance in its arc form, as far as the time allows."""
    solve = arc_form()
    started = perf_counter()
    found = solve(problem, time_limit_s=limit_s)
    return {
        "seconds": perf_counter() - started,
        "ended": found.ended,
        "objective": found.objective,
        "infeasible": found.infeasible,
        "columns": found.columns,
        "rows": found.rows,
        "peak_mib": memory_mib("VmHWM"),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=("year", "paths", "arcs"))
    parser.add_argument("of", nargs="+")
    arguments = parser.parse_args()
    if arguments.what == "year":
        told = year(arguments.of[0])
    else:
        nodes, commodities, *limit = (int(one) for one in arguments.of)
        problem = synthetic(nodes, commodities)
        told = paths(problem) if arguments.what == "paths" else arcs(problem, limit[0])
    print(json.dumps(told))


if __name__ == "__main__":
    main()
