"""Feed a reader with bytes that are bent more and more, led by the code that they reach.

Atheris (libFuzzer for Python) runs until something else than a refusal comes out of the reader, or
it takes longer than ten seconds, or the time is over. What broke it is kept in
tests/fuzz/corpus/READER, where the tests try it from then on.

    python -m pip install atheris
    python tools/fuzz.py gmns --seconds 1800
"""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from pathlib import Path

import atheris

ROOT = Path(__file__).resolve().parents[1]
# A regular package `tests` of somebody else would go before ours.
sys.path.insert(0, str(ROOT / "tests" / "fuzz"))
with atheris.instrument_imports(include=["sogdia.study", "sogdia.scenario", "sogdia.run.sweeps"]):
    readers = import_module("readers")
READERS, read_or_refuse = readers.READERS, readers.read_or_refuse

SLOWEST_S = 10


def main() -> None:
    """Fuzz one reader."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("reader", choices=READERS)
    parser.add_argument("--seconds", type=int, default=1800)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    begun = ROOT / "build" / "fuzz" / asked.reader
    found = ROOT / "tests" / "fuzz" / "corpus" / asked.reader
    begun.mkdir(parents=True, exist_ok=True)
    found.mkdir(parents=True, exist_ok=True)
    (begun / "seed").write_bytes(READERS[asked.reader][1]())
    atheris.Setup(
        [
            "fuzz",
            str(begun),
            str(found),
            f"-artifact_prefix={found}/",
            f"-max_total_time={asked.seconds}",
            f"-timeout={SLOWEST_S}",
            f"-seed={asked.seed}",
            "-max_len=20000",
            "-rss_limit_mb=4096",
            "-print_final_stats=1",
        ],
        lambda content: read_or_refuse(asked.reader, content),
    )
    atheris.Fuzz()


if __name__ == "__main__":
    main()
