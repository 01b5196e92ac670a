"""What is asked of a study: a year, policy rules, changes of tables, dated events, chance."""

from sogdia.scenario.apply import apply, default_scenario
from sogdia.scenario.files import builtin_scenarios
from sogdia.scenario.foundation import Foundation
from sogdia.scenario.model import (
    Breakdown,
    Change,
    Condition,
    Event,
    Hazard,
    Rule,
    Scenario,
    Season,
)
from sogdia.scenario.timeline import Period, hazards_at, periods, rules_at, study_at

__all__ = [
    "Breakdown",
    "Change",
    "Condition",
    "Event",
    "Foundation",
    "Hazard",
    "Period",
    "Rule",
    "Scenario",
    "Season",
    "apply",
    "builtin_scenarios",
    "default_scenario",
    "hazards_at",
    "periods",
    "rules_at",
    "study_at",
]
