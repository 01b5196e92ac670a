"""`/api/stress`, `/api/invest`, `/api/progress`: answers, refusals, and how far they are."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.web import fake_worker

from sogdia.web import worker_process
from sogdia.web.decision_models import InvestAnswer, InvestRequest, StressAnswer, StressRequest
from sogdia.web.engines import Engines
from sogdia.web.jobs import study_job
from sogdia.web.question_models import Question

STRESS = {"study": "small", "year": 2024, "elements": ["links"]}
INVEST = {"study": "small", "budget_musd": 250.0}


def message(answer):
    return answer.json()["problems"][0]["message"]


@pytest.fixture
def fake(monkeypatch, client):
    """The client of a server whose worker answers without engines."""
    monkeypatch.setattr(worker_process, "COMMAND", fake_worker.COMMAND)
    monkeypatch.setattr(worker_process, "GRACE_S", 0.1)
    return client


@pytest.mark.parametrize(
    ("kind", "change", "status", "said"),
    [
        ("stress", {"n": 3}, 422, "n: "),
        ("stress", {"days": 0}, 422, "days"),
        ("stress", {"elements": []}, 422, "elements"),
        ("stress", {"elements": ["roads"]}, 422, "'chokepoints'"),
        ("stress", {"capacity_left": 1.0}, 422, "capacity_left"),
        ("stress", {"top": 0}, 422, "top"),
        ("stress", {"on": "soon"}, 422, "on"),
        ("stress", {"scenario": "nowhere"}, 404, "there is no scenario 'nowhere'"),
        ("stress", {"study": "nowhere"}, 404, "there is no study 'nowhere'"),
        ("stress", {"surprise": 1}, 422, "surprise"),
        ("invest", {"budget_musd": 0}, 422, "budget_musd"),
        ("invest", {"objective": "fame"}, 422, "'npv'"),
        ("invest", {"openings": list(range(2030, 2037))}, 422, "openings"),
        ("invest", {"scenarios": []}, 422, "scenarios"),
        ("invest", {"scenarios": [None] * 9}, 422, "scenarios"),
        ("invest", {"scenarios": [None, "nowhere"]}, 404, "there is no scenario 'nowhere'"),
        ("invest", {"scenarios": [{"extends": "/etc/passwd"}]}, 422, "not a scenario that is"),
    ],
)
def test_a_question_that_is_none_is_refused_with_the_reason(fake, kind, change, status, said):
    answer = fake.post(f"/api/{kind}", json={"stress": STRESS, "invest": INVEST}[kind] | change)
    assert answer.status_code == status
    assert said in message(answer)


def test_it_is_said_how_far_a_question_is_until_it_is_given_up(fake, monkeypatch):
    monkeypatch.setattr("sogdia.web.question_desk.LONGEST_S", 3.0)
    assert fake.get("/api/progress").json() == {}
    with ThreadPoolExecutor(1) as other:
        slow = STRESS | {"scenario": {"title": "stubborn"}}
        asked = other.submit(fake.post, "/api/stress", json=slow)
        until = time.monotonic() + 10.0
        standing: dict[str, dict[str, object]] = {}
        while standing.get("stress", {}).get("done") != 1 and time.monotonic() < until:
            standing = fake.get("/api/progress").json()
        assert standing == {"stress": {"stage": "working", "done": 1, "total": 2, "waiting": 1}}
        refused = asked.result(timeout=20)
    assert (refused.status_code, "`sogdia stress`, which has no limit" in message(refused)) == (
        503,
        True,
    )
    assert fake.get("/api/progress").json() == {}


# The engines themselves, in this process.


def job(workspace, kind: str, question: Question, *titles: str):
    return {
        "kind": kind,
        **study_job(workspace, "small"),
        "scenarios": [{"name": title} for title in titles],
        "question": question.asked(),
    }


def test_losses_are_answered_worst_first_and_kept_for_a_longer_list(workspace, monkeypatch):
    engines, stages = Engines(), []

    def asked(**changes):
        question = StressRequest.model_validate(STRESS | changes)
        answer = engines.perform(
            job(workspace, "stress", question, "as-is"), lambda stage, *_: stages.append(stage)
        )
        return StressAnswer.model_validate(answer)

    first = asked(top=3)
    assert stages
    assert len(first.elements) == 3 < first.elements_tried
    lost = [row["lost_kt"] for row in first.elements]
    assert lost == sorted(lost, reverse=True)
    assert lost[0] > 0.0
    worst = first.elements[0]
    assert sum(row["kt"] for row in worst["unserved"]) == pytest.approx(lost[0])

    def refuse(*_, **__):
        raise AssertionError("nothing is to be worked out")

    monkeypatch.setattr("sogdia.analysis.criticality.stress.stress", refuse)
    more = asked(top=100)
    assert more.elements[:3] == first.elements
    assert len(more.elements) == more.elements_tried


def test_projects_are_answered_within_the_budget(workspace):
    more = {"openings": [2030, 2034], "system_optimum": True}
    question = InvestRequest.model_validate(INVEST | more)
    found = Engines().perform(job(workspace, "invest", question, "a", "b"), lambda *_: None)
    answer = InvestAnswer.model_validate(found)
    costs = {row["project"]: row["cost_musd"] for row in answer.projects}
    assert set(costs) == {"feeders", "port", "hub"}
    chosen = [row["project"] for row in answer.chosen]
    assert sum(costs[one] for one in chosen) <= answer.budget_musd == 250.0
    assert answer.portfolio["cost_musd"] == pytest.approx(sum(costs[one] for one in chosen))
    assert {row["scenario"] for row in answer.regret} == {"a", "b"}
    assert answer.plan is not None and answer.system_optimum is not None
    assert answer.plan["openings"] == [2030, 2034]
    assert answer.system_optimum["gap"] == pytest.approx(0.0, abs=0.01)
