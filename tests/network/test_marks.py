"""Which arcs bear a token, and corridors, against their definitions row by row."""

import dataclasses

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.builders import line, places, study_of
from tests.examples import examples

from sogdia.network.compile import compile_network
from sogdia.network.marks import Marks, classify, incidence, split

COUNTRIES = {"A": "AT", "B": "BE", "C": None, "D": "AT"}
TOKENS = ["A", "B", "C", "D", "E", "AT", "BE", "CH", "FR", "mode:ferry", "mode:rail", "mode:road",
          "A-B", "B-C", "boat", "ship", "gate", "gate@late", "boat@late", "none"]  # fmt: skip


@pytest.fixture(scope="module")
def network():
    """Countries on nodes and links, berths with two services, ids that an event split."""
    study = study_of(
        node=[place | {"country": COUNTRIES[place["node_id"]]} for place in places(*COUNTRIES)],
        link=[
            line("A", "B", mode="ferry", country="AT,BE"),
            line("B", "C", mode="rail", country="CH"),
            line("B", "C", link_id="B-C@late", mode="road"),
            line("C", "D", country="BE,CH"),
        ],
        service=[
            {"service_id": "boat", "link_id": "A-B", "batch_capacity_t": 1e6},
            {"service_id": "ship@late", "link_id": "A-B", "batch_capacity_t": 1e6},
        ],
        terminal=[
            {"terminal_id": "gate@late", "node_id": "B", "from_mode": "ferry", "to_mode": "rail"},
        ],
    )

    return compile_network(study)


def bears(network, row, token):
    """The definition: does an arc bear a token?"""
    nodes = dict(network.state.select("node_id", "country").iter_rows())
    ends = [row["tail_node_id"], row["head_node_id"]]
    if token.startswith("mode:"):
        return row["kind"] in ("link", "service") and f"mode:{row['mode']}" == token
    if token in nodes:
        return token in ends
    if len(token) == 2 and token.isupper():
        return token in split(row["country"]) or token in [nodes[end] for end in ends]
    own = [name.split("@")[0] for name in row["row_id"].split("|")]
    return token in own or (row["link_id"] or "").split("@")[0] == token


@pytest.mark.parametrize("token", TOKENS)
def test_an_arc_bears_what_the_definition_says(network, token):
    expected = [bears(network, row, token) for row in network.arc.iter_rows(named=True)]
    marks = Marks(network)
    assert marks.of(token).tolist() == expected
    assert marks.of(token) is marks.of(token)


def test_every_kind_of_token_is_borne_somewhere(network):
    borne = {token for token in TOKENS if Marks(network).of(token).any()}
    assert {"A", "AT", "CH", "mode:ferry", "A-B", "B-C", "boat", "ship", "gate"} <= borne
    assert borne.isdisjoint({"E", "FR", "gate@late", "boat@late", "none"})


lists = st.lists(st.sampled_from(TOKENS), max_size=3).map(lambda tokens: ",".join(tokens) or None)


@settings(max_examples=examples(120), deadline=None)
@given(
    st.lists(st.fixed_dictionaries({"all_of": lists, "any_of": lists, "none_of": lists}),
             min_size=1, max_size=5),
    st.lists(st.lists(st.integers(0, 20), max_size=4), max_size=6),
    st.randoms(use_true_random=False),
)  # fmt: skip
def test_corridors_are_those_of_the_definition(network, rules, paths, random):
    marks = Marks(network)
    corridor = pl.DataFrame(
        [
            rule | {"corridor_id": f"c{number}", "priority": random.randint(1, 3) * 10 + number}
            for number, rule in enumerate(rules)
        ],
        schema_overrides=dict.fromkeys(("all_of", "any_of", "none_of"), pl.String),
    )
    paths = [[arc % network.arc.height for arc in path] for path in paths]
    first = np.cumsum([0, *map(len, paths)])
    flat = np.array([arc for path in paths for arc in path], dtype=np.int32)

    def corridor_of(path):
        def has(token):
            return any(marks.of(token)[arc] for arc in path)

        for row in corridor.sort("priority").iter_rows(named=True):
            one_of = [has(token) for token in split(row["any_of"])]
            if (
                all(has(token) for token in split(row["all_of"]))
                and (any(one_of) or not one_of)
                and not any(has(token) for token in split(row["none_of"]))
            ):
                return row["corridor_id"]
        return None

    named = classify(corridor, marks, incidence(first, flat, network.arc.height))
    assert named == [corridor_of(path) for path in paths]


def test_more_tokens_than_fit_one_word_are_told_apart(network):
    tokens = [*TOKENS, *(f"no-{number}" for number in range(80))]
    corridor = pl.DataFrame(
        {
            "corridor_id": tokens,
            "priority": range(len(tokens)),
            "all_of": tokens,
            "any_of": [None] * len(tokens),
            "none_of": [None] * len(tokens),
        },
        schema_overrides={"any_of": pl.String, "none_of": pl.String},
    )
    marks = Marks(network)
    for arc in range(network.arc.height):
        paths = incidence(np.array([0, 1]), np.array([arc], dtype=np.int32), network.arc.height)
        first = next((token for token in tokens if marks.of(token)[arc]), None)
        assert classify(corridor, marks, paths) == [first]


def test_a_network_whose_places_lie_in_no_country_has_no_countries():
    network = compile_network(study_of(node=places("A", "B"), link=[line("A", "B")]))
    alone = dataclasses.replace(
        network, arc=network.arc.with_columns(country=pl.lit(None, pl.String))
    )
    assert not Marks(alone).of("AT").any()
