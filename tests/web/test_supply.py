"""`/api/supply`: balances, what is refused, and work that stops when nobody waits for it."""

from __future__ import annotations

import asyncio
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from typing import cast

import polars as pl
import pytest
from starlette.requests import ClientDisconnect, Request
from starlette.testclient import TestClient
from tests.conftest import SMALL
from tests.web import fake_worker
from tests.web.conftest import ADDRESS

from sogdia.web import question_desk, worker_process
from sogdia.web.app import create_app
from sogdia.web.desk import Desk, Patience
from sogdia.web.engines import Engines
from sogdia.web.jobs import study_job
from sogdia.web.leaving import while_awaited
from sogdia.web.refusals import RefusedError
from sogdia.web.security import Security
from sogdia.web.stopping import Stopping
from sogdia.web.supply_answer import rows
from sogdia.web.supply_models import SupplyRequest
from sogdia.web.worker_process import WorkerProcess
from sogdia.web.workspace import Workspace

QUESTION = {"study": "small", "commodities": ["copper"], "year": 2024}


def message(answer):
    return answer.json()["problems"][0]["message"]


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    """Ask a server, whose worker is kept for all the questions."""
    folder = tmp_path_factory.mktemp("supply")
    shutil.copytree(SMALL, folder / "small")
    app = create_app(Workspace(folder, folder / "runs", "small"), Security.of("127.0.0.1"))
    with TestClient(app, base_url=ADDRESS) as client:
        yield lambda **changes: client.post("/api/supply", json=QUESTION | changes)


def test_a_balance_is_answered_with_what_the_map_draws(asked):
    response = asked()
    assert response.status_code == 200, response.text
    answer = response.json()
    assert (answer["study"], answer["year"], answer["commodities"]) == ("small", 2024, ["copper"])
    delivered = sum(row["kt"] for row in answer["deliveries"])
    assert delivered == pytest.approx(200.0)
    assert {row["commodity"] for row in answer["links"]} == {"copper"}
    ferry = next(row for row in answer["links"] if row["link"] == "KZSCO-AZALT")
    assert ferry == {**ferry, "commodity": "copper", "forward": True}
    assert all(0 < row["utilisation"] <= 1 for row in answer["elements"])
    assert set(answer["hhi"]["copper"]) == {"suppliers", "routes", "avoiding"}
    assert "AZ" in answer["hhi"]["copper"]["avoiding"]
    assert "copper" in answer["n_minus_1_index"]
    assert {"element", "kind", "deficit_kt", "extra_cost_musd"} <= set(answer["n_minus_1"][0])
    assert "frontier" not in answer


def test_stops_are_left_out_if_they_are_not_asked_for(asked):
    answer = asked(n_minus_1=False).json()
    assert (answer["n_minus_1"], answer["n_minus_1_index"]) == (None, None)
    assert answer["deliveries"]


def test_a_frontier_is_worked_out_if_it_is_asked_for(asked):
    points = asked(frontier={"avoid": "AZ"}).json()["frontier"]
    assert len(points) > 1
    assert all(0 <= point["share"] <= 1 for point in points)
    served = [point for point in points if point["cost_musd"] is not None]
    assert served == sorted(served, key=lambda point: (-point["share"], point["cost_musd"])) or (
        served == sorted(served, key=lambda point: (point["share"], -point["cost_musd"]))
    )


def test_an_embargo_and_a_scenario_change_the_balance(asked):
    open_to_all = asked().json()
    embargoed = asked(embargo=["AZ"]).json()
    crossed = {country for row in embargoed["deliveries"] for country in row["transit"]}
    assert "AZ" not in crossed
    assert embargoed["cost_musd"] >= open_to_all["cost_musd"]
    closed = asked(
        scenario={
            "event": [
                {
                    "event_id": "stop",
                    "name": "the ferry stops",
                    "from_date": "2024-01-01",
                    "element_kind": "link",
                    "element_id": "KZSCO-AZALT",
                    "effect": "closes",
                }
            ]
        }
    ).json()
    assert "KZSCO-AZALT" not in {row["link"] for row in closed["links"]}


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        ({"commodities": ["spice"]}, 422, "spice"),
        ({"commodities": ["copper"] * 101}, 422, "commodities"),
        ({"year": 1800}, 422, "year"),
        ({"year": 1901}, 422, "1901"),
        ({"embargo": ["Russia"]}, 422, "embargo"),
        ({"embargo": ["QQ"]}, 422, "'QQ'"),
        ({"carbon_price_usd_t": -1}, 422, "carbon_price_usd_t"),
        ({"carbon_price_usd_t": 1e9}, 422, "carbon_price_usd_t"),
        ({"frontier": {"avoid": "everyone"}}, 422, "frontier"),
        ({"study": "nowhere"}, 404, "there is no study 'nowhere'"),
        ({"scenario": "nowhere"}, 404, "there is no scenario 'nowhere'"),
        ({"scenario": {"extends": "/etc/passwd"}}, 422, "not a scenario that is known"),
        ({"surprise": 1}, 422, "surprise"),
    ],
)
def test_a_question_that_is_none_is_refused_with_the_reason(asked, change, status, said):
    answer = asked(**change)
    assert answer.status_code == status
    assert said in message(answer)


def test_no_commodity_named_means_all_that_there_is_supply_of(asked):
    assert (
        asked(commodities=[]).json()["commodities"] == asked(commodities=None).json()["commodities"]
    )


@pytest.fixture
def fake(monkeypatch, client):
    """The client of a server whose worker answers without engines."""
    monkeypatch.setattr(worker_process, "COMMAND", fake_worker.COMMAND)
    return client


def test_what_takes_too_long_is_refused_and_the_next_question_answered(fake, monkeypatch):
    monkeypatch.setattr(question_desk, "LONGEST_S", 0.2)
    monkeypatch.setattr(worker_process, "GRACE_S", 0.1)
    answer = fake.post("/api/supply", json=QUESTION | {"scenario": {"title": "stubborn"}})
    assert (answer.status_code, "takes more than 0.2 s" in message(answer)) == (503, True)
    monkeypatch.setattr(question_desk, "LONGEST_S", 30.0)
    refused = fake.post("/api/supply", json=QUESTION | {"scenario": {"title": "refuse"}})
    assert refused.status_code == 422
    assert refused.json()["problems"][0] == {
        "message": "is not there",
        "file": "link.csv",
        "row": 3,
        "column": "mode",
    }


def test_a_worker_that_dies_is_said(fake):
    answer = fake.post("/api/supply", json=QUESTION | {"scenario": {"title": "die"}})
    assert (answer.status_code, "SIGKILL" in message(answer)) == (503, True)


def test_too_many_questions_are_refused(fake, monkeypatch):
    monkeypatch.setattr(question_desk, "MOST_WAITING", 0)
    answer = fake.post("/api/supply", json=QUESTION)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")
    assert "questions about supply" in message(answer)


def test_a_route_does_not_wait_for_a_balance(fake, monkeypatch):
    monkeypatch.setattr(worker_process, "GRACE_S", 0.1)
    with ThreadPoolExecutor(1) as other:
        slow = QUESTION | {"scenario": {"title": "stubborn"}}
        monkeypatch.setattr(question_desk, "LONGEST_S", 3.0)
        balance = other.submit(fake.post, "/api/supply", json=slow)
        route = {"origin": "Xi'an", "destination": "Duisburg", "commodity": "machinery"}
        answer = fake.post(
            "/api/route", json={"study": "small", "scenario": {"title": "block"}} | route
        )
        assert answer.status_code == 409
        assert not balance.done()
        assert balance.result(timeout=20).status_code == 503


def test_a_server_that_stops_does_not_wait_for_a_balance(workspace, monkeypatch):
    monkeypatch.setattr(worker_process, "COMMAND", fake_worker.COMMAND)
    app = create_app(workspace, Security.of("127.0.0.1"))
    with TestClient(app, base_url=ADDRESS) as client:
        question = QUESTION | {"scenario": {"title": "stubborn"}}
        with ThreadPoolExecutor(1) as other:
            answer = other.submit(client.post, "/api/supply", json=question)
            until = time.monotonic() + 10.0
            worker = app.state.question_desks["supply"]._worker
            while worker.process_id is None and time.monotonic() < until:
                time.sleep(0.01)
            assert client.portal is not None
            client.portal.call(app.state.stopping.begin)
            assert answer.result(timeout=10).status_code == 503
            assert "the server stops" in message(answer.result())


class SlowWorker:
    """A worker that takes a while to start, and then works until it is interrupted."""

    def __init__(self) -> None:
        self.has_started = False
        self.stopped = asyncio.Event()

    async def ask(self, *_):
        await asyncio.sleep(0.05)
        self.has_started = True
        await self.stopped.wait()
        return {"cancelled": True}

    async def interrupt(self):
        if self.has_started:
            self.stopped.set()


def test_a_worker_that_is_still_starting_when_time_is_up_is_stopped_all_the_same():
    async def main():
        desk = Desk(cast(WorkerProcess, SlowWorker()))
        await desk._answered(dict, Patience(1, 0.01, questions="questions", advice="ask for less"))

    with pytest.raises(RefusedError, match=r"takes more than 0\.01 s; ask for less"):
        asyncio.run(asyncio.wait_for(main(), 10))


# Work that stops when nobody waits for its answer.


def request_that_ends(left: asyncio.Event) -> Request:
    async def receive():
        await left.wait()
        return {"type": "http.disconnect"}

    return Request({"type": "http"}, receive)


def test_work_goes_on_while_the_client_waits():
    async def work():
        await asyncio.sleep(0)
        return 7

    async def main():
        request = request_that_ends(asyncio.Event())
        return await while_awaited(request, Stopping(), work())

    assert asyncio.run(main()) == 7


def test_work_is_cancelled_when_the_client_leaves():
    ended = []

    async def work():
        try:
            await asyncio.sleep(60)
        finally:
            ended.append(True)

    async def main():
        left = asyncio.Event()
        asyncio.get_running_loop().call_later(0.01, left.set)
        await while_awaited(request_that_ends(left), Stopping(), work())

    with pytest.raises(ClientDisconnect):
        asyncio.run(main())
    assert ended == [True]


def test_work_ends_by_itself_when_the_server_stops():
    async def main():
        left, stopping = asyncio.Event(), Stopping()

        async def work():
            await left.wait()
            await asyncio.sleep(0.01)
            return "said"

        stopping.begin()
        left.set()
        return await while_awaited(request_that_ends(left), stopping, work())

    assert asyncio.run(main()) == "said"


# The engines themselves, in this process.


def supply_job(workspace, **changes):
    question = SupplyRequest.model_validate(
        {"study": "small", "commodities": ["copper"], "year": 2024, "n_minus_1": False} | changes
    )
    return {
        "kind": "supply",
        **study_job(workspace, "small"),
        "scenarios": [{"name": "s"}],
        "question": question.asked(),
    }


def refuse(*_):
    raise AssertionError("nothing is to be worked out")


def test_balances_are_kept_for_the_stops_that_are_asked_for_next(workspace, monkeypatch):
    from sogdia.balance import supply

    made = []

    def noted(*given, **named):
        made.append(named)
        return supply(*given, **named)

    monkeypatch.setattr("sogdia.balance.supply", noted)
    engines, stages = Engines(), []
    for asked_for in (False, True, True):
        job = supply_job(workspace, n_minus_1=asked_for)
        answer = engines.perform(job, lambda stage, *_: stages.append(stage))
        assert (answer["n_minus_1"] is not None) == asked_for
    assert len(made) == 1
    stops = stages.index("stopping one")
    # The second time the stops are there already.
    assert engines.perform(job, refuse) == answer
    assert stages[:stops]
    options = {"embargo": ["RU"], "buyers": ["DE"], "contracts": False, "carbon_price_usd_t": 80.0}
    engines.perform(supply_job(workspace, **options), lambda *_: None)
    assert len(made) == 2
    assert made[1]["options"].buyers == ("DE",)
    assert made[1]["options"].carbon_price_usd_t == 80.0


def test_rows_have_no_infinity():
    frame = pl.DataFrame({"link": ["a"], "kt": [float("inf")], "more": [1]})
    assert rows(frame, ("link", "kt")) == [{"link": "a", "kt": None}]
