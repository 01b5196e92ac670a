"""Every reader as a function of bytes, with inputs to begin from; bad bytes may only be refused.

What consists of several files is one text: a line ``--- name`` begins each of them.
"""

from __future__ import annotations

import tempfile
import warnings
import zipfile
from collections.abc import Callable, Mapping
from functools import cache
from io import BytesIO
from pathlib import Path

from sogdia.errors import SogdiaError
from sogdia.run.sweeps.tasks import read_plan
from sogdia.scenario import Scenario, apply
from sogdia.study import Study
from sogdia.study.files import StudyFiles
from sogdia.study.formats import geojson, gmns, tntp
from sogdia.study.load import inspect, load

Reader = Callable[[bytes], object]
TESTS = Path(__file__).parents[1]
SMALL = TESTS / "data" / "small"
BEGINS = b"--- "
MOST_BYTES = 200_000

GMNS = {
    "node.csv": b"node_id,x_coord,y_coord,zone_id\n1,10.0,50.0,1\n2,10.5,50.2,\n3,11.0,50.0,3\n",
    "link.csv": b"link_id,from_node_id,to_node_id,directed,length,free_speed,capacity,lanes\n"
    b"a,1,2,true,40,80,1000,2\nb,2,3,false,41,80,900,1\n",
    "config.csv": b"dataset_name,long_length,speed,crs\ntown,km,kph,EPSG:4326\n",
    "demand.csv": b"o_zone_id,d_zone_id,volume\n1,3,120.5\n3,1,80\n",
}
TNTP = {
    "town_net.tntp": b"<NUMBER OF ZONES> 2\n<NUMBER OF NODES> 3\n<FIRST THRU NODE> 3\n"
    b"<NUMBER OF LINKS> 4\n<END OF METADATA>\n"
    b"~ init term capacity length fftime b power speed toll type ;\n"
    b"1 3 1000 1 2 0.15 4 0 0 1 ;\n3 1 1000 1 2 0.15 4 0 0 1 ;\n"
    b"2 3 800 1 3 0.15 4 0 0 1 ;\n3 2 800 1 3 0.15 4 0 0 1 ;\n",
    "town_trips.tntp": b"<NUMBER OF ZONES> 2\n<TOTAL OD FLOW> 30.0\n<END OF METADATA>\n"
    b"Origin 1\n 2 : 10.0;\nOrigin 2\n 1 : 20.0;\n",
    "town_node.tntp": b"node X Y ;\n1 10.0 50.0 ;\n2 11.0 50.0 ;\n3 10.5 50.5 ;\n",
}
GEOJSON = b"""{"type": "FeatureCollection", "features": [
{"type": "Feature", "geometry": {"type": "Point", "coordinates": [10.0, 50.0]},
 "properties": {"node_id": "1", "zone_id": "1"}},
{"type": "Feature", "geometry": {"type": "LineString", "coordinates": [[10.0, 50.0], [11.0, 50.5]]},
 "properties": {"link_id": "a", "mode": "road", "length_km": 90.5, "time_h": 1.5,
  "capacity_trips": 1000, "directed": true}}]}
"""
SCENARIO = b"""name = "closed"
title = "The crossing is closed"
year = 2030
include_events = []
[[change]]
table = "link"
where = { mode = "rail" }
multiply = { time_h = 1.5 }
[[event]]
event_id = "strike"
name = "A strike"
element_kind = "link"
element_id = "KZSCO-AZALT"
effect = "closes"
from_date = 2024-01-01
until_date = 2024-02-01
"""
PLAN = b"""study = "small"
method = "grid"
year = 2024
outputs = ["shipped_kt"]
[[parameter]]
name = "speed"
table = "link"
where = { mode = "rail" }
column = "time_h"
operation = "multiply"
values = [0.5, 1.0, 2.0]
[[parameter]]
name = "scale"
target = "choice.scale"
low = 5.0
high = 15.0
steps = 3
"""


def packed(files: Mapping[str, bytes]) -> bytes:
    """Return several files as one text."""
    return b"".join(BEGINS + name.encode() + b"\n" + files[name] for name in sorted(files))


def unpacked(text: bytes) -> dict[str, bytes]:
    """Return the files of such a text; what comes before the first is left out."""
    files: dict[str, bytes] = {}
    for part in (b"\n" + text).split(b"\n" + BEGINS)[1:]:
        name, _, content = part.partition(b"\n")
        plain = name.decode("ascii", "ignore").strip().replace("/", "").replace("\0", "")
        if plain.strip(".") and len(plain) < 100:
            files[plain] = content
    return files


@cache
def small() -> Study:
    """Return the small study."""
    return load(SMALL)


def small_files() -> dict[str, bytes]:
    """Return the files of the small study."""
    return {file.name: file.read_bytes() for file in SMALL.iterdir()}


def in_file(name: str, read: Callable[[Path], object]) -> Reader:
    """Return a reader of bytes that lie in a file of that name."""

    def reader(content: bytes) -> object:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / name
            path.write_bytes(content)
            return read(path)

    return reader


def of_study(text: bytes) -> object:
    """Read the folder of a study."""
    with tempfile.TemporaryDirectory() as folder:
        for name, content in unpacked(text).items():
            (Path(folder) / name).write_bytes(content)
        return inspect(folder)


def of_files(read: Callable[[StudyFiles], object]) -> Reader:
    """Return a reader of the files of another program's network."""
    return lambda text: read(StudyFiles("town", Path("town"), unpacked(text)))


def of_scenario(text: bytes) -> object:
    """Read a scenario and apply it."""
    return apply(small(), Scenario.of_toml(text.decode("utf-8", "replace")))


def of_plan(file: Path) -> object:
    """Read the plan of a sweep and check it against a study."""
    return read_plan(file, small(), confirmed=False)


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Return files as a zip."""
    content = BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            archive.writestr(zipfile.ZipInfo(name), files[name])
    return content.getvalue()


READERS: Mapping[str, tuple[Reader, Callable[[], bytes]]] = {
    "study": (of_study, lambda: packed(small_files())),
    "zip": (in_file("study.zip", inspect), lambda: zipped(small_files())),
    "scenario": (of_scenario, lambda: SCENARIO),
    "plan": (in_file("plan.toml", of_plan), lambda: PLAN),
    "gmns": (of_files(gmns.read_content), lambda: packed(GMNS)),
    "tntp": (of_files(tntp.read_content), lambda: packed(TNTP)),
    "geojson": (in_file("town.geojson", geojson.read), lambda: GEOJSON),
}
"""A reader and what it begins from, by name."""


def read_or_refuse(name: str, content: bytes) -> bool:
    """Read bytes; return whether they were read, and let through what is not a refusal."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found = READERS[name][0](content[:MOST_BYTES])
        except SogdiaError as error:
            assert str(error).strip(), "a refusal has its reason"
            return False
    if not isinstance(found, tuple):
        return True
    study, problems, _ = found
    assert (study is None) == bool(problems), "what is refused has its reason"
    return study is not None
