"""Supply balances, from a worker of their own: neither routes nor runs wait for them."""

from __future__ import annotations

from functools import partial
from typing import Any

from sogdia.web.desk import Desk, Patience
from sogdia.web.jobs import study_job
from sogdia.web.scenarios import Scenarios
from sogdia.web.supply_models import SupplyRequest
from sogdia.web.worker_process import WorkerProcess
from sogdia.web.workspace import Workspace

MOST_WAITING = 10
SUPPLY_SECONDS = 300.0
"""A frontier solves a balance again for each of its points."""


class SupplyDesk(Desk):
    """Takes questions about supply one at a time; to be used within one event loop.

    A balance takes seconds, stops and a frontier up to minutes; no route should wait for them. The
    worker starts with the first question, so that who asks none pays nothing for it.

    Parameters
    ----------
    workspace : Workspace
        Where studies are.
    scenarios : Scenarios
        Scenarios that are known.
    worker : WorkerProcess
        Where balances are computed.
    """

    def __init__(self, workspace: Workspace, scenarios: Scenarios, worker: WorkerProcess) -> None:
        super().__init__(worker)
        self._workspace = workspace
        self._scenarios = scenarios

    async def answer(self, request: SupplyRequest) -> dict[str, Any]:
        """Answer a question, within `SUPPLY_SECONDS`.

        Parameters
        ----------
        request : SupplyRequest
            The question.

        Returns
        -------
        dict
            As `sogdia.web.supply_answer` writes it.

        Raises
        ------
        RefusedError
            404 if there is no such study or scenario, 503 if it takes too long or too many
            questions wait.
        DataError
            If the question is not one, or the study has no supply for it.
        InfeasibleError
            If nothing can satisfy it.
        """
        patience = Patience(
            MOST_WAITING,
            SUPPLY_SECONDS,
            questions="questions about supply",
            advice="ask for fewer commodities, for no stops or frontier, or use `sogdia supply`, "
            "which has no limit",
        )
        answer = await self._answered(partial(self._job, request), patience)
        # A study's own name may be another than the one it is served under.
        return answer | {"study": request.study}

    def _job(self, request: SupplyRequest) -> dict[str, Any]:
        study = self._workspace.study(request.study)
        scenario = self._scenarios.asked(request.scenario, study)
        return {
            "kind": "supply",
            **study_job(self._workspace, request.study),
            "scenario": scenario.content(),
            "commodities": request.commodities or None,
            "year": request.year,
            "options": {
                "embargo": request.embargo,
                "buyers": request.buyers,
                "contracts": request.contracts,
                "carbon_price_usd_t": request.carbon_price_usd_t,
            },
            "n_minus_1": request.n_minus_1,
            "avoid": None if request.frontier is None else request.frontier.avoid,
        }
