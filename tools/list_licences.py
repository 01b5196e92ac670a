"""Write docs/licences.md: the licence of everything that a user's installation brings along.

Run from the root of the checkout: ``python tools/list_licences.py``. What is listed is what
`locks/runtime.txt` pins and this environment has installed.
"""

from __future__ import annotations

import re
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "locks" / "runtime.txt"
PAGE = ROOT / "docs" / "licences.md"
PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>\S+)")
CLASSIFIER = "License :: OSI Approved :: "
HEAD = """# Licences of the dependencies

Made by `make licences` from `locks/runtime.txt` and the metadata of the packages: what
`pip install sogdia` with all its extras brings along. Those of the page stand in
`frontend/package-lock.json`. Sogdia itself: Apache-2.0.

| Package | Licence |
|---|---|
"""


def pinned(lock: Path) -> list[str]:
    """Return the names that a lock file pins, in its order."""
    found = (PIN.match(line) for line in lock.read_text(encoding="utf-8").splitlines())
    return list(dict.fromkeys(match["name"] for match in found if match))


def licence(package: Distribution) -> str:
    """Return a package's licence: the SPDX expression, else classifiers, else what it says.

    Raises
    ------
    ValueError
        If it names none.
    """
    said = package.metadata
    if "License-Expression" in said:
        return str(said["License-Expression"])
    classifiers = said.get_all("Classifier") or []
    if named := [one.removeprefix(CLASSIFIER) for one in classifiers if one.startswith(CLASSIFIER)]:
        return ", ".join(named)
    texts = [str(said["License"])] if "License" in said else []
    texts += [
        package.read_text(f"licenses/{name}") or "" for name in said.get_all("License-File") or []
    ]
    for text in texts:
        if text.strip():
            return text.strip().partition("\n")[0]
    raise ValueError(f"{said['Name']} names no licence in its metadata")


def main() -> None:
    """Write the page."""
    rows = []
    for name in pinned(LOCK):
        try:
            rows.append(f"| {name} | {licence(distribution(name))} |")
        except PackageNotFoundError:
            rows.append(f"| {name} | not looked up: for other systems only |")
    PAGE.write_text(HEAD + "\n".join(rows) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
