"""No bytes break a reader: what was found by fuzzing, and what Hypothesis makes of good files.

`python tools/fuzz.py` looks for more, led by what it has reached of the code.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.examples import examples
from tests.fuzz.readers import READERS, packed, read_or_refuse, small_files, unpacked

CORPUS = Path(__file__).parent / "corpus"
KEPT = sorted(CORPUS.glob("*/*"))
ODD = [
    b"",
    b"\x00",
    b"\xff",
    b"-1",
    b"1e400",
    b"nan",
    b'"',
    b"[",
    b"\n",
    b",",
    b"\xef\xbb\xbf",
    b"9" * 40,
]


@pytest.mark.parametrize("name", READERS)
def test_what_fuzzing_begins_from_is_read(name: str):
    assert read_or_refuse(name, READERS[name][1]())


@pytest.mark.parametrize("file", KEPT, ids=lambda file: f"{file.parent.name}-{file.name}")
def test_what_broke_a_reader_once_does_so_no_more(file: Path):
    assert file.parent.name in READERS
    read_or_refuse(file.parent.name, file.read_bytes())


@st.composite
def edits(draw: st.DrawFn) -> list[tuple[float, int, bytes]]:
    """Places in a file as shares of its length, bytes to drop there, and bytes to put there."""
    put = st.one_of(st.sampled_from(ODD), st.binary(max_size=6))
    edit = st.tuples(st.floats(0.0, 1.0), st.integers(0, 8), put)
    return draw(st.lists(edit, min_size=1, max_size=4))


@pytest.mark.parametrize("name", READERS)
@given(made=edits())
@settings(max_examples=examples(40), deadline=None)
def test_a_file_that_was_tampered_with_is_read_or_refused(
    name: str, made: list[tuple[float, int, bytes]]
):
    content = READERS[name][1]()
    for share, dropped, put in made:
        at = round(share * len(content))
        content = content[:at] + put + content[at + dropped :]
    read_or_refuse(name, content)


def test_files_are_packed_into_one_text_and_unpacked():
    assert unpacked(packed(small_files())) == {
        name: content.removesuffix(b"\n") for name, content in small_files().items()
    } | {max(small_files()): small_files()[max(small_files())]}
