"""`/api/runs`: from the request to the tables, over HTTP."""

from __future__ import annotations

import json

import polars as pl
import pytest
from tests.web import fake_worker
from tests.web.conftest import ADDRESS, look_again

from sogdia.report.page import page_folder
from sogdia.web import worker_process
from sogdia.web.bodies import BodyCache

PLAIN = {"study": "small", "scenario": {"name": "plain"}}


def events(client, run_id):
    """Every event of a run until it has ended."""
    found = []
    with client.stream("GET", f"/api/runs/{run_id}/events") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        for line in stream.iter_lines():
            if line.startswith("data: "):
                found.append(json.loads(line.removeprefix("data: ")))
            else:
                assert line in ("", "event: run")
    return found


QUESTION = {
    "study": "small",
    "origin": "Xi'an",
    "destination": "Duisburg",
    "commodity": "machinery",
}


def end_of(client, run_id):
    return events(client, run_id)[-1]


def message(answer):
    return answer.json()["problems"][0]["message"]


@pytest.fixture
def fake(monkeypatch, client):
    """The client of a server whose worker answers without engines."""
    monkeypatch.setattr(worker_process, "COMMAND", fake_worker.COMMAND)
    return client


@pytest.fixture(scope="module")
def finished(tmp_path_factory, small_folder_of_module):
    """A workspace with a simulated run, and the states that it went through."""
    import shutil

    from starlette.testclient import TestClient

    from sogdia.web.app import create_app
    from sogdia.web.security import Security
    from sogdia.web.workspace import Workspace

    folder = tmp_path_factory.mktemp("finished")
    shutil.copytree(small_folder_of_module, folder / "small")
    app = create_app(Workspace(folder, folder / "runs", "small"), Security.of("127.0.0.1"))
    with TestClient(app, base_url=ADDRESS) as client:
        asked = PLAIN | {"simulate": {"replications": 2, "days": 60, "seed": 1}}
        started = client.post("/api/runs", json=asked)
        told = events(client, started.json()["run_id"])
        # The worker of routes has to be there before a test puts another in its place.
        assert client.post("/api/route", json=QUESTION).status_code == 200
        yield client, folder, started, told


@pytest.fixture(scope="module")
def small_folder_of_module():
    from tests.conftest import SMALL

    return SMALL


def test_a_run_is_followed_to_its_end(finished):
    _, _, started, told = finished
    assert started.status_code == 202
    assert started.headers["Location"] == "/api/runs/small-plain-2024"
    assert started.json()["state"] == "queued"
    states = [info["state"] for info in told]
    assert states == sorted(states, key=["queued", "running", "done"].index)
    assert states[-1] == "done"
    assert told[-1]["converged"] is True
    assert told[-1]["simulated"] is True
    stages = {info["stage"] for info in told if info["state"] == "running"}
    assert len(stages) > 1


def test_the_page_of_a_run(finished):
    client, _, _, _ = finished
    answer = client.get("/api/runs/small-plain-2024/page")
    assert answer.headers["content-encoding"] == "gzip"
    page = answer.json()
    assert (page["run_id"], page["study"], page["year"]) == ("small-plain-2024", "small", 2024)
    assert {"flows", "corridors", "elements", "simulated_elements"} <= set(page["tables"])
    assert page["playback"] is not None
    again = client.get(
        "/api/runs/small-plain-2024/page", headers={"If-None-Match": answer.headers["etag"]}
    )
    assert (again.status_code, again.content) == (304, b"")


def test_tables_of_a_run(finished):
    client, _, _, _ = finished
    rows = client.get("/api/runs/small-plain-2024/corridors").json()
    assert {row["corridor"] for row in rows} == {"titr", "north"}
    csv = client.get("/api/runs/small-plain-2024/corridors", headers={"Accept": "text/csv"})
    assert csv.text.startswith("corridor,")
    flows = client.get("/api/runs/small-plain-2024/flows?format=geojson&corridor=titr").json()
    assert {feature["geometry"]["type"] for feature in flows["features"]} == {"LineString"}
    wrong = client.get("/api/runs/small-plain-2024/corridor")
    assert (wrong.status_code, message(wrong)) == (
        404,
        "there is no table 'corridor'; did you mean 'corridors'?",
    )


def test_geojson_needs_the_study_as_it_was(finished):
    client, folder, _, _ = finished
    link = folder / "small" / "link.csv"
    before = link.read_text()
    try:
        link.write_text(before.replace(",3400,", ",3401,"))
        look_again(client.app)
        answer = client.get("/api/runs/small-plain-2024/flows?format=geojson")
        assert answer.status_code == 406
        assert "study 'small' has changed since the run was made" in message(answer)
        assert client.get("/api/runs/small-plain-2024/flows").status_code == 200
    finally:
        link.write_text(before)
        look_again(client.app)


def test_runs_are_compared(fake, workspace):
    ids = []
    for name, kt in (("one", 3.0), ("other", 5.0)):
        asked = {"study": "small", "scenario": {"name": name, "water_level": {}}}
        ids.append(fake.post("/api/runs", json=asked).json()["run_id"])
        end_of(fake, ids[-1])
        frame = pl.DataFrame({"corridor": ["titr", "north"], "kt": [1.0, kt]})
        frame.write_parquet(workspace.runs / ids[-1] / "corridors.parquet")
    found = fake.get(f"/api/runs/{ids[0]}/difference/{ids[1]}").json()
    assert (found["before"], found["after"], found["equal"]) == (*ids, False)
    named = next(row for row in found["inputs"] if row["input"] == "scenario.name")
    assert (named["before"], named["after"]) == ("one", "other")
    (table,) = found["tables"]
    (column,) = table["columns"]
    assert (table["table"], column["column"], column["changed"]) == ("corridors", "kt", 1)
    assert column["largest"] == [
        {"row": {"corridor": "north"}, "before": 3.0, "after": 5.0, "change": 2.0}
    ]
    alike = fake.get(f"/api/runs/{ids[0]}/difference/{ids[0]}").json()
    assert (alike["equal"], alike["inputs"]) == (True, [])
    (workspace.runs / ids[1] / "corridors.parquet").write_bytes(b"no table")
    damaged = fake.get(f"/api/runs/{ids[1]}/difference/{ids[0]}")
    assert damaged.status_code == 422
    assert str(workspace.runs) not in damaged.text
    nowhere = fake.get(f"/api/runs/{ids[0]}/difference/nowhere")
    assert (nowhere.status_code, "there is no run 'nowhere'" in message(nowhere)) == (404, True)


def test_the_queues_of_a_run_are_waited_in(finished):
    client, _, _, _ = finished
    question = QUESTION | {"run": "small-plain-2024"}
    notes = client.post("/api/route", json=question).json()["notes"]
    assert not any("No queues are counted" in note for note in notes)


@pytest.mark.skipif(page_folder() is None, reason="the page was not built")
def test_the_report_of_a_run_cannot_act_on_the_server(finished):
    client, folder, _, _ = finished
    (folder / "runs" / "small-plain-2024" / "report.html").unlink(missing_ok=True)
    answer = client.get("/api/runs/small-plain-2024/report.html")
    assert answer.status_code == 200
    assert answer.headers["content-security-policy"].startswith("sandbox allow-scripts")
    assert "allow-same-origin" not in answer.headers["content-security-policy"]
    assert answer.headers["content-disposition"].startswith("attachment")
    assert "page-data" in answer.text


def test_the_report_in_the_folder_is_the_one_that_is_sent(fake, workspace):
    run_id = fake.post("/api/runs", json=PLAIN).json()["run_id"]
    end_of(fake, run_id)
    (workspace.runs / run_id / "report.html").write_text("<p>the report</p>")
    answer = fake.get(f"/api/runs/{run_id}/report.html")
    assert (answer.status_code, answer.text) == (200, "<p>the report</p>")
    assert answer.headers["content-disposition"] == (f"attachment; filename*=UTF-8''{run_id}.html")


def test_a_link_in_a_run_folder_is_not_followed(fake, workspace, tmp_path):
    run_id = fake.post("/api/runs", json=PLAIN).json()["run_id"]
    end_of(fake, run_id)
    (tmp_path / "secret").write_text("secret")
    for name in ("report.html", "links.parquet"):
        (workspace.runs / run_id / name).symlink_to(tmp_path / "secret")
    assert fake.get(f"/api/runs/{run_id}/report.html").status_code in (409, 422, 503)
    assert fake.get(f"/api/runs/{run_id}/links").status_code == 404


def test_a_report_that_has_to_be_made_needs_its_study(fake, workspace):
    folder = workspace.runs / "mine"
    folder.mkdir()
    manifest = {"study": {"name": "gone"}, "scenario": {"name": "s"}, "result": {}}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    answer = fake.get("/api/runs/mine/report.html")
    assert (answer.status_code, message(answer)) == (
        409,
        "there is no report: its study 'gone' is not here, or has mistakes",
    )


def test_a_damaged_table_is_said(fake, workspace):
    run_id = fake.post("/api/runs", json=PLAIN).json()["run_id"]
    end_of(fake, run_id)
    (workspace.runs / run_id / "links.parquet").write_bytes(b"not a table")
    answer = fake.get(f"/api/runs/{run_id}/links")
    assert (answer.status_code, message(answer)) == (
        422,
        f"table links of run '{run_id}' is damaged",
    )


def test_runs_are_listed_the_newest_first(fake):
    for name in ("one", "two"):
        end_of(
            fake, fake.post("/api/runs", json=PLAIN | {"scenario": {"name": name}}).json()["run_id"]
        )
    assert [run["scenario"] for run in fake.get("/api/runs").json()] == ["two", "one"]
    assert fake.get("/api/runs/small-one-2024").json()["state"] == "done"


def test_a_run_is_cancelled_resumed_and_deleted(fake):
    asked = PLAIN | {"scenario": {"name": "wait", "title": "wait"}}
    run_id = fake.post("/api/runs", json=asked).json()["run_id"]
    assert fake.get(f"/api/runs/{run_id}/page").status_code == 409
    assert fake.delete(f"/api/runs/{run_id}").status_code == 409
    for _ in range(2):
        assert fake.post(f"/api/runs/{run_id}/cancel").status_code == 200
        assert end_of(fake, run_id)["state"] == "cancelled"
        assert fake.post(f"/api/runs/{run_id}/cancel").status_code == 409
        assert fake.post(f"/api/runs/{run_id}/resume").json()["state"] == "queued"
    fake.post(f"/api/runs/{run_id}/cancel")
    end_of(fake, run_id)
    assert fake.delete(f"/api/runs/{run_id}").status_code == 204
    assert fake.get("/api/runs").json() == []


def test_a_run_that_failed_shows_its_message_and_the_page_goes_on(fake):
    asked = PLAIN | {"scenario": {"name": "refuse", "title": "refuse"}}
    end = end_of(fake, fake.post("/api/runs", json=asked).json()["run_id"])
    assert (end["state"], end["message"]) == (
        "failed",
        "link.csv, row 3, column mode: is not there",
    )


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        ({"study": "smal"}, 404, "did you mean 'small'?"),
        ({"scenario": "avoid-rusia"}, 404, "did you mean 'avoid-russia'?"),
        ({"scenario": {"rules": []}}, 422, "rules: not a known key; nearest: rule"),
        ({"scenario": {"extends": "/etc/passwd"}}, 422, "not a scenario that is known"),
        ({"scenario": {"extends": "../other.toml"}}, 422, "not a scenario that is known"),
        ({"scenario": {"rule": [{"countries": ["XX"]}]}}, 422, "not an ISO 3166-1"),
        ({"scenario": {"projects": ["tunnel"]}}, 422, "tunnel"),
        ({"scenario": None}, 422, "scenario"),
        ({"year": 1700}, 422, "year"),
        ({"year": 2077}, 422, "no demand of 2077"),
        ({"simulate": {"replications": 51, "days": 365, "seed": 0}}, 422, "50"),
        ({"simulate": {"replications": 1, "days": 1101, "seed": 0}}, 422, "1100"),
        ({"simulate": {"replications": 1, "days": 9, "seed": -1}}, 422, "seed"),
        ({"surprise": 1}, 422, "surprise"),
    ],
)
def test_what_cannot_be_run_is_refused_with_the_reason(fake, change, status, said):
    answer = fake.post("/api/runs", json=PLAIN | change)
    assert answer.status_code == status
    assert said in " ".join(problem["message"] for problem in answer.json()["problems"])
    assert fake.get("/api/runs").json() == []


@pytest.mark.parametrize(
    "run_id", ["nowhere", "..", "%2e%2e", "..%2f..%2fetc", "%2fetc%2fpasswd", "a%00b", ".hidden"]
)
def test_ids_are_looked_up_and_never_made_into_paths(fake, workspace, run_id):
    (workspace.runs / ".hidden").mkdir()
    (workspace.runs / ".hidden" / "manifest.json").write_text("{}")
    for way in ("", "/page", "/links", "/report.html", "/events"):
        answer = fake.get(f"/api/runs/{run_id}{way}")
        assert answer.status_code == 404
        assert answer.json()["problems"]
    assert fake.delete(f"/api/runs/{run_id}").status_code in (404, 405)


def test_a_run_of_the_command_line_is_there_too(fake, workspace, small_study):
    from sogdia.run.execute import run_study

    run_study(small_study).write(workspace.runs / "mine")
    (run,) = fake.get("/api/runs").json()
    assert (run["run_id"], run["state"], run["study"]) == ("mine", "done", "small")
    assert fake.get("/api/runs/mine/page").json()["run_id"] == "mine"
    assert fake.get("/api/runs/mine/flows?format=geojson").status_code == 200
    resumed = fake.post("/api/runs/mine/resume")
    assert (resumed.status_code, "can be resumed" in message(resumed)) == (409, True)
    assert fake.delete("/api/runs/mine").status_code == 204
    assert not (workspace.runs / "mine").exists()


def test_a_folder_that_cannot_be_read_is_an_error_of_the_machine(fake, workspace, monkeypatch):
    from sogdia.web import run_files

    run_id = fake.post("/api/runs", json=PLAIN).json()["run_id"]
    end_of(fake, run_id)
    (workspace.runs / run_id / "links.parquet").write_bytes(b"")
    refusal = PermissionError(13, "Permission denied")

    def refuse(*_, **__):
        raise refusal

    monkeypatch.setattr(pl, "read_parquet", refuse)
    answer = fake.get(f"/api/runs/{run_id}/links")
    assert (answer.status_code, message(answer)) == (
        503,
        "table links cannot be read: Permission denied",
    )
    monkeypatch.setattr(run_files, "MANIFEST", "gone.json")
    answer = fake.get(f"/api/runs/{run_id}/links")
    assert (answer.status_code, "gone.json cannot be read" in message(answer)) == (503, True)


def test_a_name_in_other_letters_has_an_address(client, monkeypatch):
    monkeypatch.setattr(worker_process, "COMMAND", fake_worker.COMMAND)
    asked = {"study": "small", "scenario": {"name": "\u0428\u0451\u043b\u043a", "title": "<b>"}}
    answer = client.post("/api/runs", json=asked)
    assert answer.status_code == 202
    assert client.get(answer.headers["Location"]).json()["title"] == "<b>"


@pytest.mark.parametrize("path", ["page", "report.html", "corridors"])
def test_a_run_that_is_deleted_while_it_is_read_is_gone(finished, monkeypatch, path):
    """Never half of it, and no blame on who reads."""
    client, folder, _, _ = finished
    client.app.state.bodies = BodyCache()
    client.app.state.recent.forget("/")
    run = folder / "runs" / "small-plain-2024"
    hidden = run.with_name(".hidden")
    read = pl.read_parquet
    (run / "report.html").unlink(missing_ok=True)

    def vanishing(source, *arguments, **options):
        if run.exists():
            run.rename(hidden)
        return read(source, *arguments, **options)

    monkeypatch.setattr(pl, "read_parquet", vanishing)
    try:
        answer = client.get(f"/api/runs/small-plain-2024/{path}")
        assert (answer.status_code, "deleted while it was read" in message(answer)) == (404, True)
    finally:
        hidden.rename(run)
