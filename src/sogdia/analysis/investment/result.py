"""What came of choosing among projects, as tables."""

from __future__ import annotations

import math
from dataclasses import dataclass

import polars as pl

from sogdia.analysis.investment.appraisal import Appraisal
from sogdia.analysis.investment.opening_years import OpeningPlan
from sogdia.analysis.investment.options import InvestmentOptions
from sogdia.analysis.investment.portfolio_search import LOCAL
from sogdia.analysis.investment.portfolio_value import Outage
from sogdia.analysis.investment.system_comparison import SystemOptimum
from sogdia.errors import CheckError
from sogdia.scenario import Scenario
from sogdia.study import Study


@dataclass(frozen=True, eq=False)
class InvestmentResult:
    """What to build, and what is known of all portfolios that were evaluated.

    Attributes
    ----------
    study, year : Study, int
        What was asked about.
    scenarios : tuple of Scenario
        What may hold.
    weights : tuple of float
        Their weights.
    budget_musd : float
        Most that may be spent, million USD.
    options : InvestmentOptions
        What was asked, and assumed.
    appraisal : Appraisal
        How years were weighed.
    outages : tuple of (str, str)
        Elements whose loss was lived through.
    projects : DataFrame
        One row per project of the study, each alone (with what it requires): project, name,
        cost_musd, opex_musd_y, opens, npv_musd, benefit_cost_ratio, first_year_return,
        break_even_musd (up to which cost one without a published cost would pay),
        user_benefit_musd_y, rent_musd_y, throughput_kt_y, resilience_kt, co2_kt_y, choosable,
        why_not. Figures are means over the scenarios.
    chosen : tuple of str
        What to build, in the order in which to begin: at each step what adds most per dollar.
    portfolio : DataFrame
        One row: figures of what is chosen, as of a project.
    portfolios : DataFrame
        Every evaluated portfolio: projects, cost_musd, value, allowed.
    frontier : DataFrame
        budget_musd from which on a better portfolio is within reach, value, chosen.
    interactions : DataFrame
        Pairs: first, second, their values alone_first and alone_second, together, synergy.
    regret : DataFrame
        The portfolios that are best for something against every scenario: chosen, scenario,
        value, regret, expected.
    robust : tuple of str
        The portfolio of the smallest largest regret.
    largest_regret : float
        That regret.
    perfect_information, stochastic_solution : float or None
        EVPI and VSS in units of the objective; None with one scenario only.
    method : str
        "all", "branch and bound" or "local search".
    gap : float
        What a portfolio that was not evaluated may be worth more.
    largest_fall : float
        By how much at most a larger portfolio was seen to bring less than one within it.
    evaluations : int
        Portfolios evaluated, times scenarios.
    notices : tuple of str
        What a reader should know.
    seconds : float
        Wall-clock time.
    plan : OpeningPlan or None
        What to build and when, where opening years were named. All else here is then about
        the first of them, with all that is built opening in it.
    system_optimum : SystemOptimum or None
        What one planner would build who assigned all flows himself, where that was asked.
    """

    study: Study
    year: int
    scenarios: tuple[Scenario, ...]
    weights: tuple[float, ...]
    budget_musd: float
    options: InvestmentOptions
    appraisal: Appraisal
    outages: tuple[Outage, ...]
    projects: pl.DataFrame
    chosen: tuple[str, ...]
    portfolio: pl.DataFrame
    portfolios: pl.DataFrame
    frontier: pl.DataFrame
    interactions: pl.DataFrame
    regret: pl.DataFrame
    robust: tuple[str, ...]
    largest_regret: float
    perfect_information: float | None
    stochastic_solution: float | None
    method: str
    gap: float
    largest_fall: float
    evaluations: int
    notices: tuple[str, ...]
    seconds: float
    plan: OpeningPlan | None = None
    system_optimum: SystemOptimum | None = None

    @property
    def opens(self) -> dict[str, int]:
        """What to build, in the order in which to begin, and when it opens."""
        if self.plan is None:
            return dict.fromkeys(self.chosen, self.year)
        return dict(self.plan.plan.select("project", "opens").iter_rows())

    @property
    def exact(self) -> bool:
        """Whether no portfolio is better, as far as the method's supposition holds."""
        return self.method != LOCAL

    def tables(self) -> dict[str, pl.DataFrame]:
        """Return all tables by name."""
        lists = {"frontier": self.frontier, "regret": self.regret, "portfolios": self.portfolios}
        tables = {
            "projects": self.projects,
            "portfolio": self.portfolio,
            "interactions": self.interactions,
            **lists,
        }
        if self.plan is not None:
            tables |= {"plan": self.plan.plan, "by_opening": self.plan.by_opening}
        return tables

    def check(self) -> None:
        """Compare what is chosen with every portfolio that was evaluated.

        Raises
        ------
        CheckError
            If one that is allowed is worth more, or what is chosen costs more than the budget.
        """
        if self.plan is not None:
            self.plan.check()
        allowed = self.portfolios.filter("allowed")
        by_name = {
            frozenset(names): (float(value), float(cost))
            for names, value, cost in allowed.select("projects", "value", "cost_musd").iter_rows()
        }
        if frozenset(self.chosen) not in by_name:
            raise CheckError("what is chosen is not among the portfolios that are allowed")
        value, cost = by_name[frozenset(self.chosen)]
        best = max(value for value, _ in by_name.values())
        if not math.isclose(value, best, rel_tol=1e-6, abs_tol=1e-6):
            raise CheckError(f"a portfolio is worth {best:g}, and the one chosen {value:g}")
        if cost > self.budget_musd * (1.0 + 1e-9):
            raise CheckError(f"what is chosen costs {cost:g} M USD, more than the budget")
