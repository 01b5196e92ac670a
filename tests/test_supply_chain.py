"""What Sogdia depends on: used, pinned with hashes, and of a known licence."""

from __future__ import annotations

import ast
import re
import tomllib
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import sogdia

SOURCES = Path(sogdia.__file__).parent
ROOT = SOURCES.parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
FOR_USERS = ("pandas", "geo", "cluster", "sensitivity")
# names to import of what need not be installed where the tests run
KNOWN_MODULES = {"tomli-w": {"tomli_w"}, "pyproj": {"pyproj"}}
# imported by libraries in our stead, with the reason
INDIRECT = {"pandas": "users ask polars for its frames", "pyarrow": "polars needs it for that"}
PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;\\]+)(?P<rest>.*)$", re.MULTILINE)


def requirements(texts: list[str]) -> list[Requirement]:
    return [Requirement(text) for text in texts]


def of_users() -> list[Requirement]:
    optional = [text for extra in FOR_USERS for text in EXTRAS[extra]]
    return requirements([*PROJECT["dependencies"], *optional])


@cache
def imported_modules() -> set[str]:
    names: set[str] = set()
    for path in SOURCES.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                names.add(node.module.partition(".")[0])
            elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
                names |= {str(one.value) for one in node.args if isinstance(one, ast.Constant)}
    return names


@cache
def modules_by_distribution() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for module, names in packages_distributions().items():
        for name in names:
            found.setdefault(canonicalize_name(name), set()).add(module)
    return found


def modules_of(distribution: str) -> set[str]:
    known = KNOWN_MODULES.get(distribution, set())
    return known | modules_by_distribution().get(canonicalize_name(distribution), set())


def pins(lock: str) -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {}
    text = (ROOT / "locks" / lock).read_text(encoding="utf-8")
    for block in re.split(r"\n(?=[A-Za-z0-9])", text):
        if match := PIN.match(block):
            known = found.setdefault(canonicalize_name(match["name"]), [])
            known.append((match["version"], block))
    return found


@pytest.mark.parametrize("requirement", of_users(), ids=lambda one: one.name)
def test_every_dependency_is_imported_somewhere(requirement: Requirement):
    if requirement.name in INDIRECT:
        return
    assert modules_of(requirement.name) & imported_modules()


@pytest.mark.parametrize(
    ("lock", "wanted"),
    [
        ("runtime.txt", of_users()),
        ("developers.txt", [*of_users(), *requirements(EXTRAS["dev"])]),
    ],
)
def test_every_dependency_is_pinned_as_it_is_asked_for(lock: str, wanted: list[Requirement]):
    pinned = pins(lock)
    for requirement in wanted:
        versions = [version for version, _ in pinned[canonicalize_name(requirement.name)]]
        assert versions
        for version in versions:
            assert requirement.specifier.contains(version), f"{requirement} is pinned to {version}"


@pytest.mark.parametrize("lock", ["runtime.txt", "developers.txt"])
def test_every_pin_has_hashes_and_no_address(lock: str):
    pinned = pins(lock)
    assert len(pinned) > len(of_users())
    for blocks in pinned.values():
        for _, block in blocks:
            assert re.search(r"--hash=sha256:[0-9a-f]{64}", block)
            assert "://" not in block


def test_the_licence_of_every_pin_is_listed():
    page = (ROOT / "docs" / "licences.md").read_text(encoding="utf-8")
    listed = {canonicalize_name(name) for name in re.findall(r"^\| (\S+) \|", page, re.MULTILINE)}
    assert listed - {"package"} == set(pins("runtime.txt"))
