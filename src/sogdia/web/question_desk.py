"""Long questions about a study, from workers of their own: no route and no run waits for them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from sogdia.web.desk import Desk, Patience
from sogdia.web.jobs import study_job
from sogdia.web.question_models import Question
from sogdia.web.scenarios import Scenarios
from sogdia.web.worker_process import WorkerProcess
from sogdia.web.workspace import Workspace

MOST_WAITING = 10
LONGEST_S = 300.0
"""Browsers give a question up that has no answer after five minutes."""

ADVICE: Mapping[str, str] = {
    "supply": "ask for fewer commodities, for no stops or frontier",
    "stress": "ask about fewer kinds of element, or about one loss at a time",
    "invest": "ask about fewer projects or scenarios, or for no frontier",
}
"""What takes less time, by kind of question; each is a command of Sogdia also."""


class QuestionDesk(Desk):
    """Takes questions of one kind, one at a time; to be used within one event loop.

    An answer takes seconds to minutes. The worker starts with the first question, so that who
    asks none pays nothing for it.

    Parameters
    ----------
    kind : str
        Of `ADVICE`.
    workspace : Workspace
        Where studies are.
    scenarios : Scenarios
        Scenarios that are known.
    worker : WorkerProcess
        Where answers are computed.
    """

    def __init__(
        self, kind: str, workspace: Workspace, scenarios: Scenarios, worker: WorkerProcess
    ) -> None:
        super().__init__(worker)
        self._kind = kind
        self._workspace = workspace
        self._scenarios = scenarios

    async def answer(self, question: Question) -> dict[str, Any]:
        """Answer a question, within `LONGEST_S`.

        Parameters
        ----------
        question : Question
            The question, of the kind of this desk.

        Returns
        -------
        dict
            As `sogdia.web.engines` says of that kind.

        Raises
        ------
        RefusedError
            404 if there is no such study or scenario, 503 if it takes too long or too many
            questions wait.
        DataError
            If the question is not one, or the study has no data for it.
        InfeasibleError
            If nothing can satisfy it.
        """
        patience = Patience(
            MOST_WAITING,
            LONGEST_S,
            questions=f"questions about {self._kind}",
            advice=f"{ADVICE[self._kind]}, or use `sogdia {self._kind}`, which has no limit",
        )
        answer = await self._answered(partial(self._job, question), patience)
        # A study's own name may be another than the one it is served under.
        return answer | {"study": question.study}

    def _job(self, question: Question) -> dict[str, Any]:
        study = self._workspace.study(question.study)
        asked = [self._scenarios.asked(one, study) for one in question.worlds]
        return {
            "kind": self._kind,
            **study_job(self._workspace, question.study),
            "scenarios": [scenario.content() for scenario in asked],
            "question": question.asked(),
        }
