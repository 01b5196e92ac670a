"""`/api/route`: ways, reasons why there is none, and questions that are none."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from starlette.testclient import TestClient
from tests.web import fake_worker
from tests.web.conftest import ADDRESS

from sogdia.errors import DataError, ResourceError
from sogdia.web import route_desk, worker_process
from sogdia.web.app import create_app
from sogdia.web.engines import Engines, Recent
from sogdia.web.jobs import study_job
from sogdia.web.routers import route
from sogdia.web.security import Security
from sogdia.web.workspace import Workspace

QUESTION = {
    "study": "small",
    "origin": "Xi'an",
    "destination": "Duisburg",
    "commodity": "machinery",
    "depart": "2024-09-02",
}


def message(answer):
    return answer.json()["problems"][0]["message"]


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    """Ask a server, whose worker is kept for all the questions."""
    import shutil

    from tests.conftest import SMALL

    folder = tmp_path_factory.mktemp("routes")
    shutil.copytree(SMALL, folder / "small")
    app = create_app(Workspace(folder, folder / "runs", "small"), Security.of("127.0.0.1"))
    with TestClient(app, base_url=ADDRESS) as client:
        yield lambda **changes: client.post("/api/route", json=QUESTION | changes)


def test_the_ways_are_found_and_described(asked):
    answer = asked(deadline_days=40).json()
    assert answer["origin"]["node_id"] == "CNXIA"
    assert (answer["depart"], answer["deadline"]) == ("2024-09-02", "2024-10-11")
    assert {way["corridor"] for way in answer["itineraries"]} == {"titr", "north"}
    assert "why_not" not in answer
    way = next(way for way in answer["itineraries"] if way["corridor"] == "titr")
    course = [stretch for leg in way["legs"] for stretch in leg["course"]]
    assert course[0] == {"link_id": "CNXIA-CNALS", "to": "CNALS"}
    assert course[-1]["to"] == "DEDUI"
    assert "KZSCO-AZALT" in {stretch["link_id"] for stretch in course}
    assert (way["legs"][0]["from"], way["legs"][-1]["to"]) == ("CNXIA", "DEDUI")


def test_a_day_that_is_not_named_is_said(asked):
    notes = asked(depart=None).json()["notes"]
    assert "No day of departure was named, so it is 2024-07-01." in notes


def test_why_not_is_answered(asked):
    avoided = {"rule": [{"countries": ["RU"], "name": "avoid Russia"}]}
    why = asked(scenario=avoided, why_not="Moscow").json()["why_not"]
    assert (why["asked"], why["verdict"]) == ("Moscow", "blocked")
    assert any("avoid Russia" in rule for rule in why["blocked_by"])
    assert why["relax"]
    assert asked(why_not="Moscow").json()["why_not"]["best"]["legs"][0]["course"]


def test_a_blocked_question_names_what_blocks_it(asked):
    answer = asked(avoid=["RU"], scenario={"rule": [{"countries": ["AZ"], "name": "no AZ"}]})
    assert answer.status_code == 409
    body = answer.json()
    assert body["problems"][0]["message"]
    assert body["blocked_by"]
    assert all(isinstance(one, list) for one in body["relax"])


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        ({"origin": "Xanadu"}, 422, "there is no place 'Xanadu'"),
        ({"destination": "Xi'an"}, 422, "the same place"),
        ({"commodity": "spice"}, 422, "there is no commodity 'spice'"),
        ({"by": ["beauty"]}, 422, "beauty"),
        ({"by": ["reliability"]}, 422, "deadline"),
        ({"why_not": "Atlantis"}, 422, "Atlantis"),
        ({"study": "nowhere"}, 404, "there is no study 'nowhere'"),
        ({"scenario": "nowhere"}, 404, "there is no scenario 'nowhere'"),
        ({"scenario": {"extends": "/etc/passwd"}}, 422, "not a scenario that is known"),
        ({"scenario": {"projects": ["tunnel"]}}, 422, "tunnel"),
        ({"run": "../../etc"}, 404, "there is no run '../../etc'"),
        ({"k": 0}, 422, "k"),
        ({"k": 101}, 422, "k"),
        ({"deadline_days": -1}, 422, "deadline_days"),
        ({"depart": "soon"}, 422, "depart"),
        ({"surprise": 1}, 422, "surprise"),
    ],
)
def test_a_question_that_is_none_is_refused_with_the_reason(asked, change, status, said):
    answer = asked(**change)
    assert answer.status_code == status
    assert said in message(answer)


@pytest.fixture
def fake(monkeypatch, client):
    """The client of a server whose worker answers without engines."""
    monkeypatch.setattr(worker_process, "COMMAND", fake_worker.COMMAND)
    return client


def test_what_takes_too_long_is_refused_and_the_next_question_answered(fake, monkeypatch):
    monkeypatch.setattr(route_desk, "ROUTE_SECONDS", 0.2)
    monkeypatch.setattr(worker_process, "GRACE_S", 0.1)
    answer = fake.post("/api/route", json=QUESTION | {"scenario": {"title": "stubborn"}})
    assert (answer.status_code, "takes more than 0.2 s" in message(answer)) == (503, True)
    monkeypatch.setattr(route_desk, "ROUTE_SECONDS", 30.0)
    blocked = fake.post("/api/route", json=QUESTION | {"scenario": {"title": "block"}})
    assert blocked.json() == {
        "problems": [{"message": "no way"}],
        "blocked_by": ["a rule"],
        "relax": [["a rule"], ["another"]],
    }


def test_a_worker_that_dies_is_said(fake):
    answer = fake.post("/api/route", json=QUESTION | {"scenario": {"title": "die"}})
    assert (answer.status_code, "SIGKILL" in message(answer)) == (503, True)


def test_too_many_questions_are_refused(fake, monkeypatch):
    monkeypatch.setattr(route_desk, "MOST_WAITING", 0)
    answer = fake.post("/api/route", json=QUESTION)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")


def test_a_run_has_to_be_of_the_study_and_assigned(fake, workspace):
    import json

    def folder(name, study):
        (workspace.runs / name).mkdir()
        content = {"study": {"name": study}, "scenario": {"name": "s"}}
        (workspace.runs / name / "manifest.json").write_text(json.dumps(content))

    folder("other", "eurasia")
    folder("simulated", "small")
    for run, said in (("other", "name a run of that study"), ("simulated", "was assigned")):
        answer = fake.post("/api/route", json=QUESTION | {"run": run})
        assert (answer.status_code, said in message(answer)) == (422, True)


# The engines themselves, in this process.


def question(**changes):
    return {
        "origin": "Xi'an",
        "destination": "Duisburg",
        "commodity": "machinery",
        "deadline_days": None,
        "by": ["time", "cost"],
        "avoid": [],
        "via": [],
        "k": 5,
        "why_not": None,
    } | changes


def route_job(workspace, **changes):
    return {
        "kind": "route",
        **study_job(workspace, "small"),
        "scenario": {"name": "s"},
        "depart": None,
        "queues": None,
        "question": question(),
    } | changes


def nothing(*_):
    """Hear of progress, and do nothing."""


def test_engines_run_and_answer(workspace, tmp_path):
    engines, stages = Engines(), []
    run = {
        "kind": "run",
        **study_job(workspace, "small"),
        "scenario": {"name": "s"},
        "year": 2024,
        "simulate": {"replications": 1, "days": 20, "seed": 3},
        "folder": str(tmp_path / "run"),
    }
    assert engines.perform(run, lambda stage, *_: stages.append(stage)) == {}
    assert (tmp_path / "run" / "playback_movements.parquet").is_file()
    assert stages[-1] == "writing results"
    queues = str(tmp_path / "run" / "elements.parquet")
    answer = engines.perform(route_job(workspace, queues=queues), nothing)
    assert answer["found"] >= 1
    why = engines.perform(route_job(workspace, question=question(why_not="north")), nothing)
    assert why["why_not"]["asked"] == "north"


def test_planners_are_kept_as_long_as_they_are_right(workspace, monkeypatch, studies_folder):
    made = []

    def make(*given, **_):
        made.append(given)
        return Stub()

    monkeypatch.setattr("sogdia.web.engines.Planner", make)
    monkeypatch.setattr("sogdia.web.engines.answer_json", lambda *_: {"notes": []})
    engines = Engines()
    for _ in range(3):
        engines.perform(route_job(workspace, depart="2024-05-01"), nothing)
    assert len(made) == 1
    engines.perform(route_job(workspace, depart="2024-05-02"), nothing)
    engines.perform(route_job(workspace, scenario={"name": "other"}), nothing)
    assert len(made) == 3
    # The study changes between the server's look and the worker's.
    stale = route_job(workspace)
    link = studies_folder / "small" / "link.csv"
    link.write_text(link.read_text().replace(",3400,", ",3401,"))
    fresh = Engines()
    fresh.perform(stale, nothing)
    fresh.perform(stale, nothing)
    assert len(made) == 4
    assert made[-1][0].digest() != stale["digest"]


class Stub:
    """A planner that has an answer for everything."""

    study = None
    depart = "2024-07-01"

    def route(self, **_):
        return None


def test_queues_that_cannot_be_read_are_an_error_of_the_data(workspace, tmp_path, monkeypatch):
    (tmp_path / "elements.parquet").write_bytes(b"not a table")
    job = route_job(workspace, queues=str(tmp_path / "elements.parquet"))
    with pytest.raises(DataError, match="not a Parquet table that a run wrote"):
        Engines().perform(job, nothing)

    def refuse(_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("polars.read_parquet", refuse)
    with pytest.raises(ResourceError, match="Permission denied"):
        Engines().perform(job, nothing)


def test_a_built_in_study_is_named_and_not_pathed(workspace):
    assert study_job(workspace, "eurasia")["study"] == {"name": "eurasia"}


def test_only_the_last_few_are_kept():
    recent: Recent[str] = Recent(2)
    made: list[str] = []

    def get(key):
        def make():
            made.append(key)
            return key

        return recent.get(key, make)

    for key in ("a", "b", "a", "c", "a", "b"):
        assert get(key) == key
    assert made == ["a", "b", "c", "b"]
    recent.drop("b")
    get("b")
    assert made[-1] == "b"


def test_the_program_of_the_worker_is_the_engines(monkeypatch):
    from sogdia.web import worker

    served: list[Engines] = []
    monkeypatch.setattr(worker, "serve_parent", served.append)
    monkeypatch.setattr("warnings.simplefilter", lambda *_: None)
    worker.main()
    assert isinstance(served[0], Engines)


@pytest.fixture
def warmed(monkeypatch, workspace):
    """A server that makes its worker ready at once, and the questions that it asks it."""
    monkeypatch.setattr(route, "WARM_AFTER_S", 0.01)
    monkeypatch.setattr(worker_process, "COMMAND", fake_worker.COMMAND)
    asked = []
    ask = worker_process.WorkerProcess.ask

    async def noted(self, job, progress):
        asked.append(job)
        return await ask(self, job, progress)

    monkeypatch.setattr(worker_process.WorkerProcess, "ask", noted)
    with TestClient(create_app(workspace, Security.of("127.0.0.1")), base_url=ADDRESS) as client:
        yield client, asked


def test_the_worker_is_made_ready_by_a_usual_question(warmed, workspace):
    _, asked = warmed
    until = time.monotonic() + 10.0
    while not asked and time.monotonic() < until:
        time.sleep(0.01)
    trade = workspace.study("small").demand.row(0, named=True)
    assert asked[0]["kind"] == "route"
    assert asked[0]["question"]["origin"] == trade["origin"]


def test_a_server_that_stops_does_not_wait_for_a_route(workspace, monkeypatch):
    """It says so to who asked, and leaves no trace in the terminal."""
    monkeypatch.setattr(worker_process, "COMMAND", fake_worker.COMMAND)
    app = create_app(workspace, Security.of("127.0.0.1"))
    with TestClient(app, base_url=ADDRESS) as client:
        question = QUESTION | {"scenario": {"title": "stubborn"}}
        with ThreadPoolExecutor(1) as other:
            answer = other.submit(client.post, "/api/route", json=question)
            until = time.monotonic() + 10.0
            while app.state.route_desk._worker.process_id is None and time.monotonic() < until:
                time.sleep(0.01)
            assert client.portal is not None
            client.portal.call(app.state.stopping.begin)
            assert answer.result(timeout=10).status_code == 503
            assert "the server stops" in message(answer.result())
