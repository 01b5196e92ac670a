"""The pages of a run folder; no clock in them, so the same run gives the same pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sogdia._version import __version__
from sogdia.report.page import RunPage, page_folder, report_data, report_html, run_page
from sogdia.report.queue_sheets import simulated_sheets
from sogdia.report.sheets import Sheet, all_sheets
from sogdia.run.names import run_name

if TYPE_CHECKING:
    from sogdia.run.execute import Run


def pages(run: Run, baseline: RunPage | None = None) -> dict[str, str]:
    """Return the text files that a run folder holds for people.

    Parameters
    ----------
    run : Run
        The finished run.
    baseline : RunPage, optional
        A run that the report shows beside it.

    Returns
    -------
    dict of str to str
        ``summary.md``, and ``report.html`` if the page was built (see
        `sogdia.report.page.page_folder`).
    """
    files = {"summary.md": summary_page(run)}
    if page_folder() is not None:
        files["report.html"] = report_page(run, baseline)
    return files


def report_page(run: Run, baseline: RunPage | None = None) -> str:
    """Write the report of a run, beside a baseline if one is given.

    Raises
    ------
    ResourceError
        If the page was not built.
    """
    result = run.result
    name = run_name(result.study_name, result.scenario_name, result.year)
    runs = [run_page(run, name), *([] if baseline is None else [baseline])]
    return report_html(report_data(run.study, runs))


def summary_page(run: Run) -> str:
    """Write the summary of a run in Markdown."""
    result = run.result
    state = "converged" if result.converged else "NOT converged"
    head = [
        f"# {result.study_name}, {result.scenario_name}, {result.year}",
        f"Sogdia {__version__}; {state}, residual {result.residual:.2e}.",
    ]
    sheets = [*all_sheets(run), *simulated_sheets(run)]
    return "\n\n".join([*head, *(section(sheet) for sheet in sheets)]) + "\n"


def section(sheet: Sheet) -> str:
    """Write a sheet with its title and its note."""
    parts = [f"## {sheet.title}", table(sheet) if sheet.cells else "", sheet.note]
    return "\n\n".join(part for part in parts if part)


def table(sheet: Sheet) -> str:
    """Write a sheet's columns and cells as a Markdown table."""
    lines = [
        _line([column.header for column in sheet.columns]),
        _line(["---:" if column.number else "---" for column in sheet.columns]),
        *(_line(row) for row in sheet.cells),
    ]
    return "\n".join(lines)


def _line(cells: Sequence[str]) -> str:
    escaped = (cell.replace("|", "\\|").replace("\n", " ") for cell in cells)
    return f"| {' | '.join(escaped)} |"
