"""Measure the server: how soon it answers many readers while a run is computed.

    python -m bench.web                      # 200 readers for 30 s, twice, about two minutes
    python -m bench.web --readers 50 --seconds 5
    python -m bench.web --idle               # with no run

`sogdia serve` is started with the built-in study, a simulated run is put into its queue, and the
readers ask from a second process over the loopback. First as people do: each reader asks
once a second. Then in a closed loop: each asks again as soon as it is answered, up to a
number of requests; the times then are those of a queue that is always full.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import numpy as np
from rich.console import Console

from sogdia.report.sheets import Column, Sheet, Tone
from sogdia.report.tables import show_sheet

PATHS = (
    "/",
    "/api/about",
    "/api/runs",
    "/api/studies",
    "/api/studies/eurasia",
    "/api/studies/eurasia/links?country=KZ",
    "/api/studies/eurasia/links?country=KZ&format=geojson",
    "/api/studies/eurasia/demand?year=2024&format=csv",
)
MOST_REQUESTS = 20_000
LONG_RUN = {
    "study": "eurasia",
    "scenario": "baseline-2024",
    "simulate": {"replications": 50, "days": 365, "seed": 1},
}
STARTS_WITHIN_S = 60.0
PERCENTILES = (50, 95, 99)


@dataclass(frozen=True, slots=True)
class Load:
    """How the readers ask.

    Attributes
    ----------
    readers : int
        How many there are.
    seconds : float
        For how long.
    pause_s : float
        From one request of a reader to its next; 0: a closed loop.
    """

    readers: int
    seconds: float
    pause_s: float


class Reader:
    """A client that keeps its connection and reads one path after another."""

    def __init__(self, address: str, number: int, load: Load) -> None:
        parts = urlsplit(address)
        self.host, self.port = parts.hostname, parts.port
        self.load = load
        self.number = number
        self.times_ms: dict[str, list[float]] = defaultdict(list)
        self.failed = 0

    async def read(self) -> None:
        """Ask until the time is over."""
        reader, writer = await asyncio.open_connection(self.host, self.port)
        # Readers begin one after another, as people do.
        begin = time.perf_counter()
        due = begin + self.load.pause_s * self.number / self.load.readers
        asked = self.number
        most = MOST_REQUESTS // self.load.readers
        while time.perf_counter() < begin + self.load.seconds and asked - self.number < most:
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            path = PATHS[asked % len(PATHS)]
            start = time.perf_counter()
            await self._ask(reader, writer, path)
            self.times_ms[path].append((time.perf_counter() - start) * 1000.0)
            asked += 1
            due += self.load.pause_s
        writer.close()
        await writer.wait_closed()

    async def _ask(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str
    ) -> None:
        lines = (f"GET {path} HTTP/1.1", f"Host: {self.host}:{self.port}", "Accept-Encoding: gzip")
        writer.write("\r\n".join([*lines, "", ""]).encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        length = int(head.split("content-length: ")[1].split("\r\n")[0])
        await reader.readexactly(length)
        # Without a built page the root answers 503, and says so.
        self.failed += not head.startswith("http/1.1 200") and path != "/"


async def read_all(address: str, load: Load) -> dict[str, object]:
    """Let all readers ask; return their times by path, and what went wrong."""
    readers = [Reader(address, number, load) for number in range(load.readers)]
    start = time.perf_counter()
    await asyncio.gather(*(reader.read() for reader in readers))
    times_ms = {path: [t for one in readers for t in one.times_ms[path]] for path in PATHS}
    return {
        "seconds": time.perf_counter() - start,
        "failed": sum(reader.failed for reader in readers),
        "times_ms": times_ms,
    }


@contextmanager
def server() -> Iterator[str]:
    """Serve the built-in study from an empty folder; return the address."""
    command = [sys.executable, "-c", "from sogdia.cli import main; main()"]
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(
            [*command, "serve", "eurasia", "--port", "0", "--no-browser"],
            cwd=folder,
            stdout=subprocess.PIPE,
            text=True,
        ) as process,
    ):
        assert process.stdout is not None
        try:
            yield process.stdout.readline().split()[-1].rstrip("/")
        finally:
            process.terminate()
            process.wait()


def begin_run(address: str) -> str:
    """Ask for a run, and wait until it is computed."""
    headers = {"Content-Type": "application/json"}
    body = json.dumps(LONG_RUN).encode()
    run_id = answer_of(urllib.request.Request(f"{address}/api/runs", body, headers))["run_id"]
    waited_until = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < waited_until:
        run = answer_of(f"{address}/api/runs/{run_id}")
        if run["state"] != "queued" and run["stage"] != "starting":
            return str(run_id)
        time.sleep(0.2)
    raise SystemExit(f"the run did not begin within {STARTS_WITHIN_S:.0f} s")


def answer_of(request: str | urllib.request.Request) -> dict[str, str]:
    """Return the JSON object that a request is answered with."""
    with urllib.request.urlopen(request) as answer:
        content: dict[str, str] = json.load(answer)
    return content


def measure(address: str, load: Load) -> dict[str, object]:
    """Let the readers ask from a process of their own."""
    asked = [str(load.readers), str(load.seconds), str(load.pause_s)]
    done = subprocess.run(
        [sys.executable, "-m", "bench.web", "--reads", address, *asked],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    content: dict[str, object] = json.loads(done.stdout)
    return content


def sheet(title: str, measured: dict[str, object]) -> Sheet:
    """Return a table of the times by path."""
    times_ms: dict[str, list[float]] = measured["times_ms"]  # type: ignore[assignment]
    every = [time_ms for times in times_ms.values() for time_ms in times]
    rows = [{"path": path, "times": times} for path, times in [*times_ms.items(), ("all", every)]]
    columns = [
        Column("path", lambda row: str(row["path"]), number=False),
        Column("requests", lambda row: f"{len(row['times']):,}"),
        *(_percentile(percent) for percent in PERCENTILES),
    ]
    per_second = len(every) / float(str(measured["seconds"]))
    return Sheet(
        title=f"{title}: {per_second:,.0f} requests/s, {measured['failed']} failed",
        columns=columns,
        cells=[[column.cell(row) for column in columns] for row in rows if row["times"]],
        tones=[Tone.PLAIN for row in rows if row["times"]],
    )


def _percentile(percent: int) -> Column:
    return Column(f"p{percent}, ms", lambda row: f"{np.percentile(row['times'], percent):.1f}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--readers", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--idle", action="store_true", help="with no run")
    parser.add_argument("--reads", nargs=4, metavar="X", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.reads:
        address, readers, seconds, pause_s = options.reads
        load = Load(int(readers), float(seconds), float(pause_s))
        print(json.dumps(asyncio.run(read_all(address, load))))
        return
    console = Console()
    with server() as address:
        run_id = None if options.idle else begin_run(address)
        for title, pause_s in (("once a second", 1.0), ("closed loop", 0.0)):
            load = Load(options.readers, options.seconds, pause_s)
            measured = measure(address, load)
            show_sheet(sheet(f"{load.readers} readers, {title}", measured), console)
        if run_id is not None:
            run = answer_of(f"{address}/api/runs/{run_id}")
            console.print(f"the run meanwhile: {run['state']}, {run['stage']}")


if __name__ == "__main__":
    main()
