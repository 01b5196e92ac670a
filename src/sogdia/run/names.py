"""What a run's folder is called, after what was asked."""

from __future__ import annotations

LONGEST_NAME_BYTES = 120
"""File systems take 255; the number of a numbered name, and that of a partial one, need some."""


def run_name(study: str, scenario: str, year: int | None) -> str:
    """Join study, scenario and year, each said once, into a name fit for a folder.

    Examples
    --------
    >>> run_name("eurasia", "avoid Russia", 2024), run_name("eurasia", "baseline-2024", 2024)
    ('eurasia-avoid_Russia-2024', 'eurasia-baseline-2024')
    """
    parts = [study, scenario]
    if year is not None and not scenario.endswith(str(year)):
        parts.append(str(year))
    name = "-".join("".join(c if c.isalnum() or c in "._-" else "_" for c in p) for p in parts)
    short = name.encode()[:LONGEST_NAME_BYTES].decode(errors="ignore")
    return short.lstrip(".") or "run"  # a name that begins with a dot is a hidden one
