"""The layers of the house: a module imports only from its own layer and those to its left."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import sogdia

ORDER = (
    "errors",
    "study",
    "scenario",
    "network",
    "routing",
    "assignment",
    "simulation",
    "balance",
    "analysis",
    "run",
    "report",
    "web",
    "cli",
)
ROOT = Path(sogdia.__file__).parent
MODULES = sorted(path for path in ROOT.rglob("*.py") if path.parent != ROOT or path.stem in ORDER)


def layer(path: Path) -> str:
    return path.relative_to(ROOT).with_suffix("").parts[0]


def imported_layers(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            names |= {node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)}
    parts = [name.split(".") for name in names]
    return {part[1] for part in parts if part[0] == "sogdia" and len(part) > 1} & set(ORDER)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_only_from_the_left(path: Path):
    allowed = ORDER[: ORDER.index(layer(path)) + 1]
    assert imported_layers(path) <= set(allowed)


def test_every_layer_has_its_place():
    packages = {child.name for child in ROOT.iterdir() if (child / "__init__.py").exists()}
    modules = {child.stem for child in ROOT.glob("*.py")} - {"__init__", "_version"}
    assert packages | modules <= set(ORDER)
