"""Processes that are killed while they write: all of a folder is there, or none of it."""

from __future__ import annotations

import hashlib
import json
import random
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from sogdia.run.kept.cleaning import SETTLED, clean, plan_cleaning
from sogdia.run.kept.listing import list_runs

KILLS = 12
LONGEST_S = 0.1
STATES = ("done", "leftover")
WRITE_FOR_EVER = """
import json, hashlib, sys
from pathlib import Path
from sogdia.run.folder import new_folder
table = b"a table of a run " * 20_000
manifest = json.dumps({
    "sogdia": "0", "study": {"name": "small", "digest": "a"},
    "scenario": {"name": "dry", "digest": "b", "content": {}}, "year": 2024,
    "options": {}, "result": {"residual": 0.0, "converged": True},
    "files": {f"{n}.parquet": hashlib.sha256(table).hexdigest() for n in range(4)},
    "this_run": {"finished": "2024-06-01T00:00:00+00:00", "seconds": {}},
}).encode()
print("ready", flush=True)
while True:
    with new_folder(Path(sys.argv[1]) / "run", numbered=True) as folder:
        for number in range(4):
            folder.write(f"{number}.parquet", table)
        folder.write("manifest.json", manifest)
"""


def test_whoever_is_killed_while_writing_leaves_whole_folders_and_what_can_be_cleaned(tmp_path):
    chance = random.Random(11)
    for _ in range(KILLS):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITE_FOR_EVER, str(tmp_path)], stdout=subprocess.PIPE
        )
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"ready\n"
        time.sleep(chance.uniform(0.0, LONGEST_S))
        writer.kill()
        writer.wait()
        writer.stdout.close()
    listing = list_runs(tmp_path)
    by_state = {state: [one for one in listing.runs if one.state == state] for state in STATES}
    assert sum(map(len, by_state.values())) == len(listing.runs)
    assert by_state["done"]
    assert by_state["leftover"]
    for one in by_state["done"]:
        assert_whole(tmp_path / one.name)
    later = datetime.now(UTC) + 2 * SETTLED
    clean(tmp_path, plan_cleaning(tmp_path, now=later))
    assert {one.state for one in list_runs(tmp_path).runs} == {"done"}


def assert_whole(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_bytes())
    assert {file.name for file in folder.iterdir()} == {*manifest["files"], "manifest.json"}
    for name, digest in manifest["files"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
