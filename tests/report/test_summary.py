"""The summary says the same on paper and on the terminal, and hides nothing."""

import io

import polars as pl
import pytest
from rich.console import Console

from sogdia.report.markdown import summary_page
from sogdia.report.sheets import Tone, quantity, share, unserved, validation
from sogdia.report.tables import LONGEST, show_summary


def printed(run, width=80):
    stream = io.StringIO()
    show_summary(run, Console(file=stream, width=width))
    return stream.getvalue()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1234567.4, "1,234,567"),
        (99.96, "100"),
        (-12.34, "-12.3"),
        (1.234, "1.23"),
        (0.01234, "0.0123"),
        (0.4, "0.400"),
        (0.00001, "1.00e-05"),
        (0.0, "0"),
        (float("nan"), "–"),
        (None, "–"),
    ],
)
def test_figures_have_the_digits_a_reader_can_use(value, text):
    assert quantity(value) == text


def test_shares_are_per_cent():
    assert (share(0.12345), share(None)) == ("12.3%", "–")


def test_targets_met_and_missed_are_marked(fake_run):
    sheet = validation(fake_run.validation, "validate")
    assert [row[0] for row in sheet.cells] == ["erai-teu-2024", "days-altynkol-poti"]
    assert [row[-1] for row in sheet.cells] == ["MISSED", "met"]
    assert list(sheet.tones) == [Tone.BAD, Tone.GOOD]
    assert sheet.note == "1 of 2 targets met."


def test_a_published_range_is_shown_as_one(fake_run):
    sheet = validation(fake_run.validation, "validate")
    assert [row[2] for row in sheet.cells] == ["380", "10 to 15"]


def test_the_terminal_shows_everything_within_80_columns(fake_run):
    text = printed(fake_run)
    assert max(len(line.rstrip()) for line in text.splitlines()) <= 80
    for word in ("small · baseline · 2024", "northern", "MISSED", "ferry-0", "98.8%", "capacity"):
        assert word in text


def test_what_is_cut_on_the_terminal_is_counted(fake_run):
    text = printed(fake_run)
    assert f"{30 - LONGEST} more in the run folder." in text
    assert "ferry-29" not in text
    assert "ferry-29" in summary_page(fake_run)


def test_all_unserved_demand_is_counted_the_largest_first(fake_run):
    sheet = unserved(fake_run, limit=1)
    assert sheet.cells == [["B", "D", "gr|ain", "1,000", "capacity"]]
    assert sheet.note == "1,002 kt in all. 1 more in the run folder."


def test_a_run_that_serves_all_says_so(fake_run):
    fake_run.result.unserved = fake_run.result.unserved.clear()
    assert "Unserved demand\nNone.\n" in printed(fake_run)
    assert "## Unserved demand\n\nNone." in summary_page(fake_run)


def test_a_run_that_did_not_converge_says_so(fake_run):
    fake_run.result.converged = False
    assert "Not converged" in printed(fake_run)
    assert "NOT converged" in summary_page(fake_run)


def test_the_page_is_markdown_and_has_no_clock(fake_run):
    page = summary_page(fake_run)
    fake_run.seconds = {"assign": 99.0}
    assert summary_page(fake_run) == page
    assert page.startswith("# small, baseline, 2024\n")
    assert "| northern | westbound | 12,346 | 380 | 98.8% | 15.2 | 210 | 98.6 |" in page
    assert "gr\\|ain" in page


def test_roles_are_told_apart_and_the_judged_come_last(fake_run):
    titles = [line for line in summary_page(fake_run).splitlines() if "modelled:" in line]
    assert [title.split()[-1] for title in titles] == ["(margin)", "(calibrate)", "(validate)"]


def test_a_run_without_observations_has_no_table_of_them(fake_run):
    fake_run.validation = fake_run.validation.filter(pl.lit(value=False))
    assert "modelled" not in printed(fake_run)


def test_a_what_if_is_shown_beside_what_was_published_and_not_judged(fake_run):
    fake_run.is_what_if = True
    page = summary_page(fake_run)
    assert "What was published of this year, beside this what-if" in page
    assert "MISSED" not in page
    assert "targets met" not in page
    assert page.count("titr-kt-2024") == 1
