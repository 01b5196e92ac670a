"""A synthetic planar network as large as a continent's roads; seeded."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from scipy.spatial import Delaunay, cKDTree

from sogdia.network.model import Floats, Ints
from sogdia.study import Settings, Study
from sogdia.study.model import tables_of

NEIGHBOURS = 12
SPEEDS_KM_H = np.array([30.0, 50.0, 80.0, 110.0])
SHARES = (0.5, 0.3, 0.15, 0.05)
PLACES_PER_KM2 = 1.0


@dataclass(frozen=True, slots=True)
class Planar:
    """Places numbered at random, and the lines between them, each usable both ways.

    Attributes
    ----------
    ends : ndarray of int32, shape (lines, 2)
        Places that each line joins.
    length_km, time_h : ndarray of float64, shape (lines,)
        Of each line.
    at_km : ndarray of float64, shape (places, 2)
        Coordinates.
    """

    ends: Ints
    length_km: Floats
    time_h: Floats
    at_km: Floats

    def both_ways(self) -> tuple[Ints, Ints, Floats]:
        """Return ``first_out``, ``head`` and the time of each arc, h."""
        tail, head = np.concatenate([self.ends, self.ends[:, ::-1]]).T
        order = np.lexsort((head, tail))
        first_out = np.zeros(len(self.at_km) + 1, dtype=np.int32)
        np.cumsum(np.bincount(tail, minlength=len(self.at_km)), out=first_out[1:])
        return first_out, head[order], np.concatenate([self.time_h, self.time_h])[order]

    def study(self) -> Study:
        """Return the tables of nodes and links, and nothing else."""
        node_id = np.char.add("n", np.arange(len(self.at_km)).astype(str))
        tail, head = self.ends.T
        node = pl.DataFrame(
            {"node_id": node_id, "x_coord": self.at_km[:, 0], "y_coord": self.at_km[:, 1]}
        )
        link = pl.DataFrame(
            {
                "link_id": np.char.add("l", np.arange(len(self.ends)).astype(str)),
                "from_node_id": node_id[tail],
                "to_node_id": node_id[head],
                "directed": np.zeros(len(self.ends), dtype=bool),
                "mode": ["road"] * len(self.ends),
                "length_km": self.length_km,
                "time_h": self.time_h,
            }
        )
        tables = tables_of({"node": node, "link": link})
        return Study(settings=Settings(name="planar", crs="EPSG:3857"), tables=tables)


def planar(places: int, *, seed: int = 2026) -> Planar:
    """Join places at random by the relative neighbourhood graph (Toussaint, 1980).

    A line stays where no third place is nearer to both its ends than they are to each other
    (of the `NEIGHBOURS` nearest to one end). That leaves 1.28 lines per place, as many as
    roads have, and the network connected.
    """
    random = np.random.default_rng(seed)
    at = random.uniform(0.0, np.sqrt(places / PLACES_PER_KM2), (places, 2))
    triangles = Delaunay(at).simplices
    sides = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    sides.sort(axis=1)
    code = np.unique(sides[:, 0].astype(np.int64) * places + sides[:, 1])
    ends = np.stack([code // places, code % places], axis=1)
    length = np.linalg.norm(at[ends[:, 0]] - at[ends[:, 1]], axis=1)
    near, third = cKDTree(at).query(at, k=NEIGHBOURS + 1)
    stays = np.ones(len(ends), dtype=bool)
    for rank in range(1, NEIGHBOURS + 1):
        from_other = np.linalg.norm(at[third[ends[:, 0], rank]] - at[ends[:, 1]], axis=1)
        stays &= (near[ends[:, 0], rank] >= length) | (from_other >= length)
    speed = random.choice(SPEEDS_KM_H, size=len(ends), p=SHARES)
    return Planar(ends[stays].astype(np.int32), length[stays], (length / speed)[stays], at)


def saved(places: int, folder: Path) -> Planar:
    """Return the network from a file; make it first if there is none (half a minute)."""
    path = folder / f"planar-{places}.npz"
    if not path.exists():
        made = planar(places)
        np.savez(
            path,
            ends=made.ends,
            length_km=made.length_km,
            time_h=made.time_h,
            at_km=made.at_km,
        )
    with np.load(path) as file:
        return Planar(**{name: file[name] for name in file.files})
