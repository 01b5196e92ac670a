"""The tutorial is followed as a reader would: its files written, its commands run in order."""

from __future__ import annotations

from pathlib import Path

import pytest
from tools.tutorial import Printed, alike, blocks, follow

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
EXAMPLES = ROOT / "examples"


@pytest.fixture(scope="module")
def followed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tutorial")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("COLUMNS", "100")
        return folder, list(follow(PAGE, folder))


def test_commands_print_what_the_page_shows(followed):
    _, printed = followed
    assert len(printed) > 10
    assert {one.command: one.differences() for one in printed if one.differences()} == {}


def test_the_study_that_it_builds_is_the_example(followed):
    folder, _ = followed
    built = {path.name: path.read_text() for path in (folder / "lobito").iterdir()}
    assert built == {path.name: path.read_text() for path in (EXAMPLES / "lobito").iterdir()}
    for scenario in EXAMPLES.glob("*.toml"):
        assert (folder / scenario.name).read_text() == scenario.read_text()


def test_it_ends_with_the_corridor_on_a_map(followed):
    folder, _ = followed
    report = (folder / "runs" / "lobito-2024" / "report.html").read_text()
    assert "Kolwezi" in report
    assert "Kolwezi" in (folder / "way.html").read_text()
    assert "<svg" in (folder / "queues.svg").read_text()


def test_every_picture_of_the_page_is_there():
    pictures = {word.split(")")[0] for word in PAGE.split("](tutorial/")[1:]}
    assert pictures == {path.name for path in (ROOT / "docs" / "tutorial").iterdir()}


def printed(shown: str, output: str) -> Printed:
    (block,) = blocks(f"```text\n{shown}```\n")
    return Printed("sogdia", block, output)


@pytest.mark.parametrize(
    ("shown", "output", "same"),
    [
        ("one 1,000\ntwo\n", "one 1,001\ntwo\n", True),
        ("1.3 s\n", "20 s\n", True),
        ("one 100\n", "one 110\n", False),
        ("one\n", "one\ntwo\n", False),
        ("one\n...\n", "one\ntwo\n", True),
        ("one\ntwo\n", "one\n", False),
    ],
)
def test_an_output_is_compared_line_by_line(shown, output, same):
    assert (printed(shown, output).differences() == []) is same


def test_shares_may_differ_by_a_hair_and_words_not():
    assert alike("share 81.3%", "share 81.4%")
    assert not alike("dar eastbound", "dar westbound")


def test_a_command_that_ends_otherwise_than_the_page_says_is_told(tmp_path):
    with pytest.raises(RuntimeError, match="ended with 2"):
        list(follow("```sh\nsogdia check nowhere\n```\n", tmp_path))
    list(follow('```sh title="ends with exit code 2"\nsogdia check nowhere\n```\n', tmp_path))
    with pytest.raises(RuntimeError, match="ended with 0"):
        list(follow('```sh title="ends with exit code 2"\nsogdia --version\n```\n', tmp_path))
