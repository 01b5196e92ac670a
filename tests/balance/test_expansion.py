"""The cheapest set of projects: by hand, and against all sets there are."""

from datetime import date
from itertools import combinations
from types import SimpleNamespace

import numpy as np
import pytest
from tests.builders import line, study_of

from sogdia.balance.balance import supply
from sogdia.balance.expansion import (
    ExpansionOptions,
    ProjectSets,
    annual_cost,
    cheapest_expansion,
)
from sogdia.errors import DataError
from sogdia.scenario import Scenario

USES = {"goods": "bulk", "boxes": "container"}
NEVER = date(2100, 1, 1)
ALWAYS = "2000-01-01"


def project(name, cost, **row):
    return {
        "project_id": name,
        "name": f"the {name}",
        "cost_musd": cost,
        "earliest_year": 2020,
        "status": "proposed",
    } | row


def change(name, link, column, value, operation="set"):
    return {
        "project_id": name,
        "table": "link",
        "row_id": link,
        "column": column,
        "operation": operation,
        "value": str(value),
    }


def opens(name, link):
    return change(name, link, "open_from", ALWAYS)


def study_with(projects, changes, links, *, need=100.0, **tables):
    """A field and a refinery, `need` kt a year, and what links there are between them."""
    nodes = {"field": 9.0, "middle": 5.0, "refinery": 0.0}
    return study_of(
        node=[{"node_id": name, "x_coord": x} for name, x in nodes.items()],
        link=links,
        supply=[
            {"node_id": "field", "commodity_id": "goods", "year": 2024, "capacity_kt_y": 1000.0}
        ],
        consumption=[
            {"node_id": "refinery", "commodity_id": "goods", "year": 2024, "quantity_kt": need}
        ],
        project=projects,
        project_change=changes,
        **tables,
    )


def direct(name, room, **row):
    return line("field", "refinery", link_id=name, capacity_kt_y=room, **row)


def three_projects(**row):
    """Thirty kt go; a quay brings 30 more, a tunnel 50 and a canal 20."""
    return study_with(
        [
            project("quay", 100.0, opex_musd_y=2.0),
            project("tunnel", 250.0, **row),
            project("canal", 120.0),
        ],
        [opens("quay", "quay"), opens("tunnel", "tunnel"), opens("canal", "canal")],
        [
            direct("road", 30.0),
            direct("quay", 30.0, open_from=NEVER),
            direct("tunnel", 50.0, open_from=NEVER),
            direct("canal", 20.0, open_from=NEVER),
        ],
    )


@pytest.fixture(scope="module")
def study():
    return three_projects()


def yearly(cost, opex=0.0):
    return cost * 0.05 / (1 - 1.05**-25) + opex


def test_the_capital_recovery_factor():
    assert annual_cost(1000, 10, 0.05, 25) == pytest.approx(1000 * 0.0709525 + 10, abs=1e-3)
    assert annual_cost(1000, 10, 0, 25) == pytest.approx(50)
    assert annual_cost(1000, 0, 1e-12, 25) == pytest.approx(40)
    assert annual_cost(0, 3, 0.05, 25) == 3


@pytest.mark.parametrize(
    ("deficit", "built", "closed"),
    [
        (0.0, (), 0),
        (20.0, ("canal",), 20),
        (25.0, ("quay",), 30),
        (50.0, ("quay", "canal"), 50),
        (60.0, ("tunnel", "canal"), 70),
        (None, ("tunnel", "canal"), 70),
        (70.0, ("tunnel", "canal"), 70),
    ],
)
def test_the_cheapest_set_by_hand(study, deficit, built, closed):
    # Costs a year: quay 9.10, canal 8.51, tunnel 17.74; quay and canal 17.61.
    result = cheapest_expansion(study, deficit_kt=deficit)
    assert result.built == built
    assert result.unserved_kt == pytest.approx(70)
    assert result.closed_kt == pytest.approx(closed, abs=1e-6)
    assert result.left_kt == 0
    assert result.complete
    cost = {"quay": yearly(100, 2), "tunnel": yearly(250), "canal": yearly(120)}
    assert result.cost_musd_y == pytest.approx(sum(cost[name] for name in built))


def test_the_table_of_projects(study):
    table = cheapest_expansion(study).projects
    assert table["project"].to_list() == ["tunnel", "canal", "quay"]
    assert table["alone_kt"].to_list() == pytest.approx([50, 20, 30])
    assert table["built"].to_list() == [True, True, False]
    assert table["cost_musd_y"].to_list() == pytest.approx(
        [yearly(250), yearly(120), yearly(100, 2)]
    )
    assert table["name"][0] == "the tunnel"
    assert table["status"][0] == "proposed"


def test_what_cannot_be_closed_is_left():
    study = study_with(
        [project("quay", 100.0), project("gate", 5.0)],
        [opens("quay", "quay"), change("gate", "road", "capacity_kt_y", 31, "set")],
        [direct("road", 30.0), direct("quay", 30.0, open_from=NEVER)],
    )
    result = cheapest_expansion(study)
    assert result.built == ("quay", "gate")
    assert (result.closed_kt, result.left_kt) == pytest.approx((31, 39))
    enough = cheapest_expansion(study, deficit_kt=31.0)
    assert enough.left_kt == 0
    beyond = cheapest_expansion(study, deficit_kt=1e6)
    assert beyond.left_kt == pytest.approx(39)


def test_links_in_series_are_built_together():
    """Alone neither half brings anything; together they are cheaper than the tunnel."""
    study = study_with(
        [project("west", 50.0), project("east", 60.0), project("tunnel", 300.0)],
        [opens("west", "west"), opens("east", "east"), opens("tunnel", "tunnel")],
        [
            line("field", "middle", link_id="west", open_from=NEVER),
            line("middle", "refinery", link_id="east", open_from=NEVER),
            direct("tunnel", 1000.0, open_from=NEVER),
        ],
    )
    result = cheapest_expansion(study)
    assert result.built == ("west", "east")
    assert result.projects.filter(project="west")["alone_kt"].to_list() == [0]


def test_what_is_required_is_built_and_paid():
    study = study_with(
        [project("lock", 90.0), project("canal", 10.0, requires="lock"), project("tunnel", 95.0)],
        [opens("canal", "canal"), opens("tunnel", "tunnel")],
        [direct("canal", 1000.0, open_from=NEVER), direct("tunnel", 1000.0, open_from=NEVER)],
    )
    assert cheapest_expansion(study).built == ("tunnel",)
    lock_is_there = Scenario(projects=("lock",))
    result = cheapest_expansion(study, lock_is_there)
    assert result.built == ("canal",)
    assert set(result.projects["project"]) == {"canal", "tunnel"}
    cheaper = ExpansionOptions(costs_musd={"tunnel": 101.0})
    result = cheapest_expansion(study, expansion=cheaper)
    assert result.built == ("lock", "canal")
    assert result.projects.filter(project="canal")["alone_kt"].to_list() == pytest.approx([100])


def test_what_has_no_cost_or_comes_too_late_is_left_out_and_named():
    study = study_with(
        [
            project("quay", None),
            project("tunnel", 10.0, earliest_year=2030),
            project("canal", 10.0, requires="quay"),
        ],
        [opens("quay", "quay"), opens("tunnel", "tunnel"), opens("canal", "canal")],
        [direct(name, 1000.0, open_from=NEVER) for name in ("quay", "tunnel", "canal")],
    )
    with pytest.raises(DataError):
        supply(study, Scenario(projects=("tunnel",)))
    result = cheapest_expansion(study)
    assert result.built == ()
    assert result.projects.is_empty()
    assert result.left_kt == pytest.approx(100)
    assert result.notices == (
        "left out, since they have no published cost: quay",
        "left out, since they cannot be in use in 2024: tunnel",
        "left out, since they require what cannot be built: canal",
    )
    told = ExpansionOptions(costs_musd={"quay": 3.0}, candidates=("quay",))
    assert cheapest_expansion(study, expansion=told).built == ("quay",)
    assert cheapest_expansion(study, year=2031).built == ("tunnel",)


def test_nothing_is_built_where_nothing_is_short():
    study = study_with(
        [project("quay", 1.0)],
        [opens("quay", "quay")],
        [direct("road", 1000.0), direct("quay", 1.0, open_from=NEVER)],
    )
    result = cheapest_expansion(study)
    assert (result.built, result.closed_kt, result.left_kt, result.cost_musd_y) == ((), 0, 0, 0)
    assert result.tried == 1
    assert result.projects["alone_kt"].to_list() == [0]


def test_projects_that_the_goods_cannot_use_are_not_weighed():
    names = [f"box-{number}" for number in range(13)]
    boxes = [direct(name, 10.0, allowed_uses="container", open_from=NEVER) for name in names]
    goods = [{"commodity_id": one, "name": one, "use": use} for one, use in USES.items()]
    study = study_with(
        [project("quay", 100.0), *(project(name, 1.0) for name in names)],
        [opens("quay", "quay"), *(opens(name, name) for name in names)],
        [direct("quay", 30.0, open_from=NEVER), *boxes],
        commodity=goods,
    )
    result = cheapest_expansion(study)
    assert result.built == ("quay",)
    assert result.tried == 3
    assert result.projects.height == 14


def test_more_than_twelve_that_matter_are_refused():
    names = [f"quay-{number}" for number in range(13)]
    study = study_with(
        [project(name, 1.0) for name in names],
        [opens(name, name) for name in names],
        [direct(name, 1.0, open_from=NEVER) for name in names],
    )
    with pytest.raises(DataError, match="13 projects bear on this balance, and 12 are the most"):
        cheapest_expansion(study)
    named = ExpansionOptions(candidates=tuple(names[:2]))
    assert cheapest_expansion(study, expansion=named).built == ("quay-0", "quay-1")


def test_progress_and_refusals(study):
    said = []
    cheapest_expansion(study, deficit_kt=20.0, progress=lambda *one: said.append(one))
    assert said[0] == ("trying sets of projects", 0, 0)
    wrong = ExpansionOptions(
        candidates=("quai",), costs_musd={"quay": -1.0}, discount_rate=-0.1, life_y=0.0
    )
    with pytest.raises(DataError) as caught:
        cheapest_expansion(study, expansion=wrong)
    assert len(caught.value.problems) == 4
    assert "nearest: 'quay'" in str(caught.value.problems[0])
    with pytest.raises(DataError, match="a deficit of -1 kt is not >= 0"):
        cheapest_expansion(study, deficit_kt=-1.0)


def random_study(seed):
    """Projects on links in series and in parallel, some of which need others."""
    random = np.random.default_rng(seed)
    projects, changes, links = [], [], [direct("road", float(random.integers(0, 30)))]
    for number in range(4):
        name = f"p{number}"
        needs = f"p{random.integers(number)}" if number and random.random() < 0.3 else None
        projects.append(project(name, float(random.integers(1, 100)), requires=needs))
        start, end = [("field", "refinery"), ("field", "middle"), ("middle", "refinery")][
            random.integers(3)
        ]
        room = float(random.integers(5, 60))
        links.append(line(start, end, link_id=name, capacity_kt_y=room, open_from=NEVER))
        changes.append(opens(name, name))
        if random.random() < 0.3:
            wider = f"p{random.integers(number + 1)}"
            changes.append(change(name, wider, "capacity_kt_y", random.integers(5, 40), "add"))
    return study_with(projects, changes, links), [row["project_id"] for row in projects]


@pytest.mark.parametrize("seed", range(2))
def test_no_set_of_a_study_is_cheaper(seed):
    study, names = random_study(seed)
    requires = dict(study.project.select("project_id", "requires").iter_rows())
    cost = {
        name: yearly(musd) for name, musd in study.project["project_id", "cost_musd"].iter_rows()
    }
    unserved: dict[tuple[str, ...], float] = {}
    for size in range(len(names) + 1):
        for chosen in combinations(names, size):
            if all(requires[name] in (None, *chosen) for name in chosen):
                balance = supply(study, Scenario(projects=chosen))
                unserved[chosen] = float(balance.unserved["kt"].sum())
    before, least = unserved[()], min(unserved.values())
    deficit = 0.7 * (before - least)
    enough = [one for one, kt in unserved.items() if kt <= before - deficit + 1e-6]
    cheapest = min(sum(cost[name] for name in one) for one in enough)
    result = cheapest_expansion(study, deficit_kt=deficit)
    assert result.cost_musd_y == pytest.approx(cheapest)
    assert result.built in enough
    assert result.closed_kt >= deficit - 1e-5
    assert result.complete
    assert result.tried <= len(unserved)


class Chains:
    """Chains of projects in place of a study: each carries what its narrowest member can."""

    def __init__(self, seed):
        random = np.random.default_rng(seed)
        self.count = int(random.integers(2, 9))
        self.pool: list[dict] = [
            {
                "project": f"p{number}",
                "cost_musd_y": float(random.integers(0, 50)),
                "requires": (
                    [f"p{random.integers(number)}"] if number and random.random() < 0.2 else []
                ),
            }
            for number in range(self.count)
        ]
        self.chains = [
            random.choice(
                self.count, size=random.integers(1, min(4, self.count) + 1), replace=False
            )
            for _ in range(random.integers(1, 6))
        ]
        self.room = random.integers(1, 40, len(self.chains))
        self.tried = 0

    def balance(self, names):
        self.tried += 1
        carried = sum(
            room
            for chain, room in zip(self.chains, self.room, strict=True)
            if all(f"p{number}" in names for number in chain)
        )
        unserved = np.array([[max(100.0 - carried, 0.0)]])
        return SimpleNamespace(solution=SimpleNamespace(unserved_kt=unserved))

    def every_set(self):
        for members in range(1 << self.count):
            names = [f"p{number}" for number in range(self.count) if members >> number & 1]
            if all(set(self.pool[int(name[1:])]["requires"]) <= set(names) for name in names):
                cost = sum(self.pool[int(name[1:])]["cost_musd_y"] for name in names)
                yield cost, self.balance(names).solution.unserved_kt.sum()


@pytest.mark.parametrize("seed", range(150))
def test_no_set_is_cheaper(seed):
    chains = Chains(seed)
    every = list(chains.every_set())
    most_kt = np.random.default_rng(seed).choice([kt for _, kt in every])
    cheapest = min(cost for cost, kt in every if kt <= most_kt)
    chains.tried = 0
    sets = ProjectSets(chains.pool, chains.balance)
    sets.bearing = sets.all
    sets.unserved_kt(0)
    found = sets.cheapest(most_kt)
    assert sets.cost(found) == pytest.approx(cheapest)
    assert sets.unserved_kt(found) <= most_kt
    assert sets.buildable(found) == found
    assert chains.tried == len(sets.known) <= len(every)
    assert sets.is_monotone()


def test_a_set_that_leaves_more_than_its_part_is_noticed():
    def balance(names):
        kt = 50.0 if len(names) == 1 else 100.0
        return SimpleNamespace(solution=SimpleNamespace(unserved_kt=np.array([[kt]])))

    sets = ProjectSets(
        [{"project": one, "cost_musd_y": 1.0, "requires": []} for one in "ab"], balance
    )
    assert [sets.unserved_kt(one) for one in range(4)] == [100, 50, 50, 100]
    assert not sets.is_monotone()
