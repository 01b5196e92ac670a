"""Portfolios spread over an executor; what comes out does not depend on it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sogdia.analysis.investment.portfolio_value import (
    EvaluateAll,
    Figures,
    PortfolioContext,
    PortfolioTask,
    evaluate_portfolio,
)
from sogdia.errors import InfeasibleError
from sogdia.run.executors.executor import Executor
from sogdia.run.executors.job import Job


def spread_over(crew: Executor) -> EvaluateAll:
    """Return what evaluates portfolios by an executor.

    Parameters
    ----------
    crew : Executor
        Open until the last portfolio is evaluated.

    Returns
    -------
    callable
        For `sogdia.analysis.investment.invest.invest`.
    """

    def evaluate_all(
        context: PortfolioContext, tasks: Sequence[PortfolioTask]
    ) -> Iterator[Figures]:
        waiting: dict[int, Figures] = {}
        after = 0
        for outcome in crew.map(Job(context, _as_it_is, evaluate_portfolio), tasks):
            if outcome.result is None:
                built = ", ".join(tasks[outcome.number].built) or "nothing"
                raise InfeasibleError(f"with {built} built: {outcome.failure}")
            waiting[outcome.number] = outcome.result
            while after in waiting:
                yield waiting.pop(after)
                after += 1

    return evaluate_all


def _as_it_is(context: PortfolioContext) -> PortfolioContext:
    return context
