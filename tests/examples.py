"""How many examples Hypothesis draws: few in every run, all with HYPOTHESIS_PROFILE=thorough."""

from __future__ import annotations

import os

SHARE = 0.25


def examples(thorough: int) -> int:
    """Return how many of a thorough search's examples are drawn; other runs draw others."""
    is_thorough = os.environ.get("HYPOTHESIS_PROFILE") == "thorough"
    return thorough if is_thorough else round(SHARE * thorough)
