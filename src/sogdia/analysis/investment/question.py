"""A choice among projects, settled: what each costs and brings in units of the objective."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import fsum

import numpy as np

from sogdia.analysis.investment.appraisal import Appraisal
from sogdia.analysis.investment.options import InvestmentOptions
from sogdia.analysis.investment.portfolio_search import Choices, Mask, members
from sogdia.analysis.investment.portfolio_value import (
    EvaluateAll,
    Figures,
    PortfolioContext,
    PortfolioTask,
)
from sogdia.analysis.investment.projects import Project
from sogdia.assignment import Progress
from sogdia.network.model import Floats
from sogdia.scenario import Scenario
from sogdia.study import Study

STAGE = "evaluating portfolios"
FIGURES = (
    "user_benefit_musd_y",
    "rent_musd_y",
    "co2_kt_y",
    "throughput_kt_y",
    "shipped_kt_y",
    "resilience_kt",
)
Built = tuple[tuple[str, ...], tuple[str, ...]]
"""What is built, and what is taken back besides."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, settled.

    Attributes
    ----------
    study : Study
        As loaded.
    scenarios : sequence of Scenario
        What may hold.
    weights : tuple of float
        Their weights.
    year : int
        Year that is evaluated.
    budget_musd : float
        Most that may be spent, million USD.
    options : InvestmentOptions
        Objective, discounting and assumptions.
    appraisal : Appraisal
        How years are weighed.
    projects : sequence of Project
        In the order of the table.
    """

    study: Study
    scenarios: Sequence[Scenario]
    weights: tuple[float, ...]
    year: int
    budget_musd: float
    options: InvestmentOptions
    appraisal: Appraisal
    projects: Sequence[Project]

    @property
    def candidates(self) -> list[Project]:
        """Projects that may be chosen, in the order of the table."""
        return [one for one in self.projects if one.choosable]

    @property
    def taken_back(self) -> list[str]:
        """Projects that are not there unless they are built: all that are a matter of choice."""
        return [
            one.project_id
            for one in self.projects
            if one.is_choice or one.project_id in self.options.without
        ]

    def present_cost(self, project: Project) -> float:
        """Return the present value of building and running a project, million USD."""
        return self.appraisal.present_cost(project.cost_musd or 0.0, project.opex_musd_y)

    def choices(self) -> Choices:
        """Return what the search chooses among."""
        number = {one.project_id: row for row, one in enumerate(self.candidates)}
        needs = tuple(sum(1 << number[name] for name in one.requires) for one in self.candidates)
        net = self.options.objective == "npv"
        charge = [self.present_cost(one) if net else 0.0 for one in self.candidates]
        must = sum(1 << number[name] for name in set(self.options.must))
        bare = Choices(
            cost=np.array([one.cost_musd or 0.0 for one in self.candidates]),
            charge=np.array(charge),
            requires=needs,
            budget=self.budget_musd,
        )
        return replace(bare, must=bare.closure(must))

    def brought(self, figures: Figures) -> float:
        """Return what a portfolio brings, in units of the objective, before its charge."""
        match self.options.objective:
            case "throughput":
                return figures["throughput_kt_y"]
            case "resilience":
                return figures["resilience_kt"]
            case "co2":
                return figures["co2_kt_y"]
        return self.appraisal.present_value(self.benefit_musd_y(figures))

    def benefit_musd_y(self, figures: Figures) -> float:
        """Return what a portfolio brings in a year, million USD."""
        # thousand tonnes at USD a tonne are thousands of USD
        carbon = self.options.carbon_usd_t * figures["co2_kt_y"] / 1000.0
        return figures["user_benefit_musd_y"] + figures["rent_musd_y"] + carbon


class Evaluated:
    """Portfolios that were evaluated, by the names of their projects; none is evaluated twice."""

    def __init__(
        self,
        question: Question,
        context: PortfolioContext,
        evaluate_all: EvaluateAll,
        progress: Progress | None,
    ) -> None:
        self.question = question
        self.context = context
        self.evaluate_all = evaluate_all
        self.progress = progress
        self.names = [one.project_id for one in question.candidates]
        self.figures: dict[Built, list[Figures]] = {}
        self.count = 0
        self.before = 0

    def brought(self, masks: Sequence[Mask]) -> list[Floats]:
        """Return what portfolios bring in each scenario."""
        known = self.of([(self.built(mask), ()) for mask in masks])
        return [np.array([self.question.brought(one) for one in each]) for each in known]

    def built(self, mask: Mask) -> tuple[str, ...]:
        """Return the names of a portfolio's projects."""
        return tuple(self.names[project] for project in members(mask))

    def of(self, asked: Sequence[Built]) -> list[list[Figures]]:
        """Return figures of portfolios and of what is taken back besides, per scenario."""
        new = [key for key in dict.fromkeys(asked) if key not in self.figures]
        for key in new:
            self.figures[key] = []
        worlds = range(len(self.question.scenarios))
        tasks = [PortfolioTask(key[0], world, key[1]) for key in new for world in worlds]
        for task, figures in zip(tasks, self.evaluate_all(self.context, tasks), strict=True):
            self.figures[task.built, task.removed].append(figures)
            self.count += 1
            if self.progress:
                self.progress(STAGE, self.count, self.before + len(tasks))
        self.before = self.count
        return [self.figures[key] for key in asked]

    def mean(self, built: tuple[str, ...], removed: tuple[str, ...] = ()) -> dict[str, float]:
        """Return mean figures over the scenarios."""
        (each,) = self.of([(built, removed)])
        weights = self.question.weights
        return {
            name: fsum(w * one[name] for w, one in zip(weights, each, strict=True))
            for name in FIGURES
        }
