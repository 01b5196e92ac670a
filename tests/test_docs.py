"""What the documents show works as they show it."""

import doctest
import importlib
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from typer.core import TyperGroup
from typer.main import get_command

import sogdia
from sogdia.cli import app, main

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
