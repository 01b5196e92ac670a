"""Build the page with Node, or say why it cannot be built; `hatch_build.py` and make run this.

python tools/build_page.py          build it, unless the built one is newer than its sources
python tools/build_page.py check    check its style and types and run its tests

Without Node everything but the page works, so a page that is not built is no failure.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = Path("src", "sogdia", "report", "page")
BUILT = ("index.html", "app.js", "app.css", "world.json", "licences.txt")
NOT_SOURCES = {"node_modules", ".cache", "tests", "dist"}
MADE = Path("public", "world.json")
BUNDLED_DATA = ("world-atlas",)
"""Packages that are not part of the script, though what they hold is part of the page."""
SECONDS_TO_INSTALL, SECONDS_TO_BUILD = 1800, 300
LAST_LINES = 15
NEEDED = "Node 20.19, or 22.12 or newer, with npm"
WITHOUT = (
    "Everything but the page works without it: `sogdia serve` answers its API and says that there "
    "is no page, and runs leave no report.html."
)
KEPT = "The page that was built before is kept, though its sources are newer."

Say = Callable[[str], None]


class NotBuiltError(Exception):
    """The page cannot be built; the message says why, in one sentence."""


def build_page(root: Path, say: Say) -> bool:
    """Build the page of a source folder if that is needed and possible, and say what was done.

    Returns whether a page is there that is not older than its sources.
    """
    front_end = root / "frontend"
    if not front_end.is_dir() or is_built(root):
        return is_built(root)
    if os.environ.get("SOGDIA_NO_PAGE", "") not in {"", "0"}:
        say("The page is not built, because SOGDIA_NO_PAGE is set.")
        return False
    try:
        npm = find_npm()
        say("Building the page with npm ...")
        install(npm, front_end)
        run([npm, "run", "build"], front_end, SECONDS_TO_BUILD)
        write_licences(front_end, root / PAGE / "licences.txt")
    except NotBuiltError as reason:
        say(
            f"The page was not built: {reason}\n{KEPT if is_there(root) else WITHOUT}\n"
            f"Install {NEEDED}, and run `make page`; SOGDIA_NO_PAGE=1 does without."
        )
        return False
    return True


def is_there(root: Path) -> bool:
    """Tell whether a page is there, however old."""
    return all((root / PAGE / name).is_file() for name in BUILT)


def is_built(root: Path) -> bool:
    """Tell whether a page is there that is not older than any of its sources."""
    if not is_there(root):
        return False
    newest = max((file.stat().st_mtime for file in sources(root / "frontend")), default=0.0)
    return (root / PAGE / "app.js").stat().st_mtime >= newest


def sources(front_end: Path) -> Iterator[Path]:
    """Yield the files that the page is made of."""
    for folder, folders, files in os.walk(front_end):
        folders[:] = sorted(set(folders) - NOT_SOURCES)
        found = (Path(folder, name) for name in files if not name.endswith(".tsbuildinfo"))
        yield from (file for file in found if file != front_end / MADE)


def find_npm() -> str:
    """Return the path of npm, if it and Node are there and new enough."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise NotBuiltError(f"{'node' if node is None else 'npm'} is not installed.")
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    numbers = re.match(r"v(\d+)\.(\d+)", said)
    if numbers is None or not is_new_enough(int(numbers[1]), int(numbers[2])):
        raise NotBuiltError(f"{node} is {said.strip() or 'of no known version'}, which is too old.")
    return npm


def is_new_enough(major: int, minor: int) -> bool:
    """Tell whether Vite runs with this version of Node."""
    return (20, 19) <= (major, minor) < (21, 0) or (major, minor) >= (22, 12)


def install(npm: str, front_end: Path) -> None:
    """Install the packages of the lock file, unless they are there."""
    lock, installed = front_end / "package-lock.json", front_end / "node_modules"
    mark = installed / ".package-lock.json"
    if mark.is_file() and mark.stat().st_mtime >= lock.stat().st_mtime:
        return
    options = ["--ignore-scripts", "--no-audit", "--no-fund"]
    run([npm, "ci", *options], front_end, SECONDS_TO_INSTALL)
    mark.touch()


def run(command: list[str], folder: Path, seconds: int) -> None:
    """Run a command; if it fails, the end of what it printed is the reason."""
    name = " ".join(["npm", *command[1:]])
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise NotBuiltError(f"`{name}` took longer than {seconds} s.") from error
    if done.returncode:
        last = "\n".join(done.stdout.rstrip().splitlines()[-LAST_LINES:])
        raise NotBuiltError(f"`{name}` ended with {done.returncode}:\n{last}")


def write_licences(front_end: Path, target: Path) -> None:
    """Write the licences of the packages that are part of the page."""
    packages = json.loads((front_end / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    texts = []
    for path, package in sorted(packages.items()):
        name = path.removeprefix("node_modules/")
        if not path or (package.get("dev", False) and name not in BUNDLED_DATA):
            continue
        texts.append(f"{name} {package['version']}\n\n{licence_of(front_end / path)}")
    rule = f"\n\n{'=' * 72}\n\n"
    target.write_text(rule.join(texts) + "\n", encoding="utf-8")


def licence_of(package: Path) -> str:
    """Return the text of a package's licence, or its name where there is no text."""
    for file in sorted(package.iterdir()):
        if file.name.upper().startswith(("LICENSE", "LICENCE", "COPYING")):
            return file.read_text(encoding="utf-8").strip()
    content = json.loads((package / "package.json").read_text(encoding="utf-8"))
    return f"Licence: {content.get('license', 'see the package')}"


def check_page(root: Path, say: Say) -> int:
    """Check the page's style and types and run its tests; return an exit code."""
    front_end = root / "frontend"
    try:
        npm = find_npm()
        install(npm, front_end)
    except NotBuiltError as reason:
        say(f"The checks of the page were NOT run: {reason} Install {NEEDED}, and run them again.")
        return 0
    for command in (["run", "check"], ["test"]):
        code = subprocess.run([npm, *command], cwd=front_end, check=False).returncode
        if code:
            return code
    return 0


def main() -> int:
    """Do what the arguments ask for."""

    def say(message: str) -> None:
        print(message, file=sys.stderr)

    if sys.argv[1:] == ["check"]:
        return check_page(ROOT, say)
    build_page(ROOT, say)
    return 0


if __name__ == "__main__":
    sys.exit(main())
