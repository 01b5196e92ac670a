"""The page is built where Node is, and its absence stops nothing."""

from __future__ import annotations

import json
import os
import runpy
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from tools import build_page as tool

ROOT = Path(__file__).parent.parent
VITE = """
import pathlib
page = pathlib.Path("../src/sogdia/report/page")
page.mkdir(parents=True, exist_ok=True)
for name in ("index.html", "app.js", "app.css", "world.json"):
    (page / name).write_text(name)
"""
NPM = """#!{python}
import json, os, pathlib, sys
with open("{log}", "a") as log:
    log.write(" ".join(sys.argv[1:]) + "\\n")
command = sys.argv[1:]
if " ".join(command) == os.environ.get("FAILS_AT"):
    print("one line of many\\nno such package")
    sys.exit(3)
if command[0] == "ci":
    pathlib.Path("node_modules").mkdir(exist_ok=True)
    pathlib.Path("node_modules/.package-lock.json").touch()
if command == ["run", "build"]:
    exec({vite!r})
"""
LOCK = {
    "packages": {
        "": {"name": "page"},
        "node_modules/d3-geo": {"version": "3.1.2"},
        "node_modules/world-atlas": {"version": "2.0.2", "dev": True},
        "node_modules/vite": {"version": "8.0.0", "dev": True},
    }
}


def old(path, content=""):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    os.utime(path, (1e9, 1e9))


def executable(path, content):
    path.write_text(content)
    path.chmod(0o755)


@pytest.fixture
def root(tmp_path):
    """A source folder with a front end."""
    front_end = tmp_path / "source" / "frontend"
    old(front_end / "package-lock.json", json.dumps(LOCK))
    old(front_end / "src" / "main.tsx")
    old(front_end / "node_modules" / "d3-geo" / "LICENSE", "ISC, by its author")
    old(front_end / "node_modules" / "world-atlas" / "package.json", '{"license": "ISC"}')
    return tmp_path / "source"


@pytest.fixture
def said():
    return []


@pytest.fixture
def node(tmp_path, monkeypatch):
    """Node and npm that do as told; `commands()` are those that npm was given."""
    monkeypatch.delenv("SOGDIA_NO_PAGE", raising=False)
    programs, log = tmp_path / "bin", tmp_path / "log"
    programs.mkdir()
    log.write_text("")
    executable(programs / "npm", NPM.format(python=sys.executable, log=log, vite=VITE))

    def of_version(version):
        executable(programs / "node", f"#!/bin/sh\necho {version}\n")

    of_version("v22.14.0")
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    return SimpleNamespace(
        of_version=of_version, programs=programs, commands=lambda: log.read_text().splitlines()
    )


INSTALL = "ci --ignore-scripts --no-audit --no-fund"


def test_the_page_is_built_once(root, node, said):
    assert tool.build_page(root, said.append)
    assert node.commands() == [INSTALL, "run build"]
    assert tool.build_page(root, said.append)
    assert node.commands() == [INSTALL, "run build"]
    assert said == ["Building the page with npm ..."]


def test_it_is_built_again_when_a_source_is_newer(root, node, said):
    tool.build_page(root, said.append)
    for made in ("public/world.json", "tests/map.test.ts", ".cache/it", "last.tsbuildinfo"):
        path = root / "frontend" / made
        path.parent.mkdir(exist_ok=True)
        path.write_text("")
        os.utime(path, (4e9, 4e9))
    assert tool.is_built(root)
    os.utime(root / "frontend" / "src" / "main.tsx", (4e9, 4e9))
    assert not tool.is_built(root)
    tool.build_page(root, said.append)
    assert node.commands() == [INSTALL, "run build", "run build"]


def test_packages_are_installed_again_when_the_lock_is_newer(root, node, said):
    tool.build_page(root, said.append)
    os.utime(root / "frontend" / "package-lock.json", (4e9, 4e9))
    tool.build_page(root, said.append)
    assert node.commands() == [INSTALL, "run build"] * 2


def test_licences_of_what_goes_into_the_page_are_kept(root, node, said):
    tool.build_page(root, said.append)
    text = (root / tool.PAGE / "licences.txt").read_text()
    assert "d3-geo 3.1.2\n\nISC, by its author" in text
    assert "world-atlas 2.0.2\n\nLicence: ISC" in text
    assert "vite" not in text


@pytest.mark.parametrize("version", ["v18.20.0", "v20.18.1", "v21.7.0", "v22.11.0", "nonsense"])
def test_an_old_node_is_named(root, node, said, version):
    node.of_version(version)
    assert not tool.build_page(root, said.append)
    assert f"is {version}, which is too old." in said[-1]
    assert tool.WITHOUT in said[-1]
    assert node.commands() == []


@pytest.mark.parametrize("version", ["v20.19.0", "v22.12.0", "v24.0.1"])
def test_new_versions_of_node_will_do(root, node, said, version):
    node.of_version(version)
    assert tool.build_page(root, said.append)


@pytest.mark.parametrize("program", ["node", "npm"])
def test_what_is_not_installed_is_named(root, node, said, program, monkeypatch):
    (node.programs / program).unlink()
    monkeypatch.setenv("PATH", str(node.programs))
    assert not tool.build_page(root, said.append)
    (message,) = said
    assert message.startswith(f"The page was not built: {program} is not installed.")
    assert "run `make page`" in message
    assert len(message.splitlines()) == 3


@pytest.mark.parametrize("command", [INSTALL, "run build"])
def test_a_failure_shows_what_npm_said(root, node, said, command, monkeypatch):
    monkeypatch.setenv("FAILS_AT", command)
    assert not tool.build_page(root, said.append)
    assert f"`npm {command}` ended with 3:\none line of many\nno such package" in said[-1]


def test_an_older_page_is_kept_where_it_cannot_be_built(root, node, said, monkeypatch):
    tool.build_page(root, said.append)
    os.utime(root / "frontend" / "src" / "main.tsx", (4e9, 4e9))
    monkeypatch.setenv("FAILS_AT", "run build")
    assert not tool.build_page(root, said.append)
    assert tool.KEPT in said[-1]
    assert tool.is_there(root)


def test_npm_that_never_ends_is_stopped(tmp_path):
    with pytest.raises(tool.NotBuiltError, match=r"`npm -c .*` took longer than 1 s"):
        tool.run([sys.executable, "-c", "import time; time.sleep(60)"], tmp_path, 1)


def test_it_can_be_done_without(root, node, said, monkeypatch):
    monkeypatch.setenv("SOGDIA_NO_PAGE", "1")
    assert not tool.build_page(root, said.append)
    assert said == ["The page is not built, because SOGDIA_NO_PAGE is set."]
    assert node.commands() == []


def test_a_folder_without_a_front_end_has_nothing_to_build(tmp_path, said):
    assert not tool.build_page(tmp_path, said.append)
    assert said == []


def test_the_checks_of_the_page_are_run(root, node, said, monkeypatch):
    assert tool.check_page(root, said.append) == 0
    assert node.commands() == [INSTALL, "run check", "test"]
    monkeypatch.setenv("FAILS_AT", "run check")
    assert tool.check_page(root, said.append) == 3


def test_checks_that_were_not_run_are_told(root, node, said):
    node.of_version("v18.0.0")
    assert tool.check_page(root, said.append) == 0
    assert said[0].startswith("The checks of the page were NOT run: ")


def test_the_command_does_both(monkeypatch, capsys):
    done = []
    monkeypatch.setattr(tool, "build_page", lambda *_: done.append("built"))
    monkeypatch.setattr(tool, "check_page", lambda *_: 5)
    monkeypatch.setattr(sys, "argv", ["build_page.py"])
    assert (tool.main(), done) == (0, ["built"])
    monkeypatch.setattr(sys, "argv", ["build_page.py", "check"])
    assert tool.main() == 5


def test_the_hook_of_the_package_builds_the_page(root, node, said, monkeypatch):
    parts = ["hatchling", "builders", "hooks", "plugin", "interface"]
    for number in range(1, len(parts) + 1):
        name = ".".join(parts[:number])
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    monkeypatch.setattr(sys.modules[name], "BuildHookInterface", object, raising=False)
    hook = runpy.run_path(str(ROOT / "hatch_build.py"))["PageBuildHook"]()
    hook.root, hook.app = str(root), SimpleNamespace(display_warning=said.append)
    (root / "tools").mkdir()
    (root / "tools" / "build_page.py").write_text((ROOT / "tools" / "build_page.py").read_text())
    hook.initialize("standard", {})
    assert tool.is_built(root)
    assert said == ["Building the page with npm ..."]
