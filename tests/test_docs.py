"""What the documents show works as they show it."""

import doctest
import importlib
import os
import re
import shlex
from contextlib import chdir
from pathlib import Path
from typing import Any

import pytest
from tools.docs_session import WIDTH, alike, blocks, command_lines, run_page, session_pages
from tools.update_docs import tables_page, with_counts
from typer.core import TyperGroup
from typer.main import get_command

import sogdia
from sogdia.cli import app, main
from sogdia.study.load import load
from sogdia.study.model import SCHEMAS

ROOT = Path(__file__).parents[1]
SOURCE = Path(sogdia.__file__).parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
WITH_EXAMPLES = sorted(
    ".".join(("sogdia", *path.relative_to(SOURCE).with_suffix("").parts)).removesuffix(".__init__")
    for path in SOURCE.rglob("*.py")
    if ">>> " in path.read_text(encoding="utf-8")
)


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_examples_of_docstrings_hold(name):
    outcome = doctest.testmod(importlib.import_module(name))
    assert outcome.failed == 0


TRIANGLE_NET = """<NUMBER OF ZONES> 3
<NUMBER OF NODES> 3
<FIRST THRU NODE> 1
<NUMBER OF LINKS> 3
<ORIGINAL HEADER>~ length (km) fftt (min)
<END OF METADATA>
~ init term capacity length fft b power speed toll type ;
1 2 100 1 5 0.15 4 0 0 1 ;
1 3 100 1 2 0.15 4 0 0 1 ;
3 2 100 1 2 0.15 4 0 0 1 ;
"""
TRIANGLE_TRIPS = "<NUMBER OF ZONES> 3\n<END OF METADATA>\nOrigin 1\n2 : 300;\n"
BRIDGE_CLOSED = """name = "bridge-closed"

[[change]]
table = "link"
where = { link_id = "3-2" }
remove = true
"""


@pytest.mark.parametrize(
    "example", re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL), ids=["roads", "freight"]
)
def test_the_python_examples_of_the_readme_run(example, tmp_path, monkeypatch, capsys):
    folder = tmp_path / "SiouxFalls"
    folder.mkdir()
    (folder / "SiouxFalls_net.tntp").write_text(TRIANGLE_NET)
    (folder / "SiouxFalls_trips.tntp").write_text(TRIANGLE_TRIPS)
    (tmp_path / "bridge-closed.toml").write_text(BRIDGE_CLOSED)
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    exec(compile(example, "README.md", "exec"), names)
    if "again" in names:
        assert dict(names["again"].links["link_id", "flow"].iter_rows()) == {"1-2": 300, "1-3": 0}
    else:
        assert "corridor" in capsys.readouterr().out


def test_the_readme_names_every_command():
    command = get_command(app)
    assert isinstance(command, TyperGroup)
    assert set(re.findall(r"`sogdia (\w+)", README)) == set(command.commands)


def test_the_readme_links_to_files_that_exist():
    links = re.findall(r"\]\((?!http)([^)#]+)\)", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_every_make_target_named_in_the_documents_exists():
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    documents = README + (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = set(re.findall(r"(?:^|`)make (\w+)", documents, flags=re.MULTILINE))
    assert {"run", "test"} <= named <= targets


def test_the_route_commands_of_the_readme_run(capsys):
    lines = re.findall(r"^sogdia (route .+)$", README, flags=re.MULTILINE)
    assert len(lines) == 3
    for line in lines:
        with pytest.raises(SystemExit) as left:
            main([*shlex.split(line), "--quiet"])
        assert left.value.code == 0
        assert "Itineraries" in capsys.readouterr().out


COMMAND = get_command(app)
DOCS = ROOT / "docs"
PAGES = {page.relative_to(DOCS).as_posix(): page for page in sorted(DOCS.rglob("*.md"))}
TEXTS = {name: page.read_text(encoding="utf-8") for name, page in PAGES.items()}
SESSIONS = [page.relative_to(DOCS).as_posix() for page in session_pages()]
THOROUGH = os.environ.get("HYPOTHESIS_PROFILE") == "thorough"
SLOW = () if THOROUGH else ("compare", "invest", "simulate", "stress", "supply", "sweep")
"""Their pages' Python asks the same of the same engines; their words have tests of their own."""


def command_of(words: list[str]) -> tuple[Any, list[str]]:
    """Return the command that a command line names, and what is left of the line."""
    command: Any = COMMAND
    while isinstance(command, TyperGroup) and words and words[0] in command.commands:
        command, words = command.commands[words[0]], words[1:]
    return command, words


@pytest.fixture
def small_is_read_once(monkeypatch, small_study):
    """Half of the time would go into reading the same study for every command."""

    def loaded(source):
        return small_study if str(source) == "small" else load(source)

    monkeypatch.setattr("sogdia.study.load.load", loaded)
    monkeypatch.setattr("sogdia.load", loaded)


@pytest.mark.parametrize("name", SESSIONS)
@pytest.mark.usefixtures("small_is_read_once")
def test_a_page_shows_what_its_commands_and_its_python_print(name, tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(WIDTH))
    for block, now in run_page(TEXTS[name], tmp_path, skipped=SLOW):
        assert alike(block.text, now), f"{block.text}\nis now\n\n{now}"
    if name == "how-to/runs.md":
        with chdir(tmp_path):
            (example,) = (
                b.text
                for b in blocks(TEXTS["design/13-comparing-runs.md"])
                if b.language == "python"
            )
            exec(compile(example, "design/13-comparing-runs.md", "exec"), {})


def test_outputs_are_alike_but_for_seconds_and_roundings():
    assert alike("a · 0.6 s · residual 2.1e-09\nkt 1,303\n", "a · 12 s · residual 1e-9\nkt 1,304\n")
    assert not alike("kt 1,303\n", "kt 1,403\n")
    assert not alike("kt 1,303\n", "t 1,303\n")


@pytest.mark.parametrize("name", [name for name, text in TEXTS.items() if "sogdia " in text])
def test_the_command_lines_of_the_documents_are_understood(name):
    for block in blocks(TEXTS[name]):
        for line in command_lines(block):
            words = shlex.split(line, comments=True)[1:]
            ends = [k for k, word in enumerate(words) if word in {"|", ">", "&"}]
            command, rest = command_of(words[: ends[0] if ends else None])
            if rest not in (["--help"], ["--version"]):
                assert not isinstance(command, TyperGroup), line
                command.make_context("sogdia", rest)


def test_every_command_has_a_page_of_its_own_that_says_how():
    found = {
        word
        for name, text in TEXTS.items()
        if name.startswith("how-to/")
        for word in re.findall(r"`sogdia (\w+)", text.partition("\n## ")[0])
    }
    assert isinstance(COMMAND, TyperGroup)
    assert set(COMMAND.commands) - found == set()
    how_to = "".join(text for name, text in TEXTS.items() if name.startswith("how-to/"))
    for group in (c for c in COMMAND.commands.values() if isinstance(c, TyperGroup)):
        for sub in group.commands:
            assert f"sogdia {group.name} {sub}" in how_to


def test_the_pages_made_from_code_and_study_are_up_to_date():
    again = "; run python tools/update_docs.py"
    assert TEXTS["data/tables.md"] == tables_page(), again
    assert TEXTS["data/eurasia.md"] == with_counts(TEXTS["data/eurasia.md"], load("eurasia")), again


def test_every_table_and_column_is_on_the_data_page():
    sections = re.split(r"^## ", TEXTS["data/tables.md"], flags=re.MULTILINE)
    of_table = {part.partition("\n")[0]: part for part in sections}
    for table, schema in SCHEMAS.items():
        rows = re.findall(r"^\| `(\w+)` \| (.+) \|$", of_table[table], flags=re.MULTILINE)
        assert [name for name, _ in rows] == schema.column_names()
        assert all(cells.count(" | ") == 3 and not cells.endswith("| ") for _, cells in rows)


def test_the_validation_page_has_the_tables_of_the_readme():
    tables = re.findall(
        r"(?:^\|.*\n)+", README.partition("<!-- validation:begin -->")[2], re.MULTILINE
    )
    assert len(tables) >= 5
    assert [table for table in tables if table not in TEXTS["validation.md"]] == []


def test_every_public_name_is_in_the_reference():
    named = re.findall(r"^::: sogdia\.(\w+)$", TEXTS["reference/python.md"], flags=re.MULTILINE)
    assert sorted([*named, "__version__"]) == sorted([*sogdia.__all__, "errors"])


def test_the_navigation_lists_every_page_once():
    navigation = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:")[2]
    listed = re.findall(r"- (?:.*: )?([\w/-]+\.md)$", navigation, flags=re.MULTILINE)
    assert sorted(listed) == sorted(PAGES)


def anchors(text: str) -> set[str]:
    """Return the anchors of a page's headings, as Python-Markdown makes them."""
    heads = re.findall(r"^#+ (.+)$", re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S), re.M)
    plain = [re.sub(r"[^\w\s-]", "", head.replace("`", "")).strip().lower() for head in heads]
    return {re.sub(r"[-\s]+", "-", head) for head in plain}


@pytest.mark.parametrize("name", PAGES)
def test_links_between_pages_hold(name):
    text = re.sub(r"^```.*?^```$", "", TEXTS[name], flags=re.M | re.S)
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)", text):
        path = (PAGES[name].parent / target).resolve() if target else PAGES[name]
        assert path.is_file(), target
        if anchor:
            assert anchor in anchors(path.read_text(encoding="utf-8")), f"{target}#{anchor}"
