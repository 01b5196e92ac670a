"""Tell the memory of one replication: a model from a file, in a process of its own.

    python -m bench.simulation_memory FILE

Prints three figures in MiB: with the libraries loaded, with the model and the kernels as
well, and the most that the process ever had. FILE is a pickle of a model and its ticks.
"""

from __future__ import annotations

import json
import pickle
import resource
import sys
from pathlib import Path

import numpy as np

from sogdia.simulation.replication import replicate

STATUS = Path("/proc/self/status")


def memory_mib(name: str) -> float:
    """Return a figure of the kernel's: VmRSS, what there is, or VmHWM, the most there was.

    Where there is none of that, the most there was, for both.
    """
    if STATUS.exists():
        for line in STATUS.read_text(encoding="utf-8").splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1]) / 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024**2 if sys.platform == "darwin" else 1024)


def main() -> None:
    libraries = memory_mib("VmRSS")
    with Path(sys.argv[1]).open("rb") as file:
        model, ticks = pickle.load(file)
    replicate(model, np.array([0.0, 1.0]), 0, 0)
    before = memory_mib("VmRSS")
    replicate(model, ticks, 0, 0)
    peak = memory_mib("VmHWM")
    print(json.dumps({"libraries": libraries, "before": before, "peak": peak}))


if __name__ == "__main__":
    main()
