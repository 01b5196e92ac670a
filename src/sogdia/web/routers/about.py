"""`/api/about`: the server itself."""

from __future__ import annotations

from fastapi import APIRouter, Request

from sogdia._version import __version__
from sogdia.web import limits
from sogdia.web.models import About, Limits

router = APIRouter(prefix="/api", tags=["about"])


@router.get("/about")
async def about(request: Request) -> About:
    """Tell which Sogdia answers, the study it was started with, and what it refuses beyond."""
    return About(
        sogdia=__version__,
        study=request.app.state.workspace.default_study,
        limits=Limits(
            queued=limits.QUEUED_RUNS,
            replications=limits.REPLICATIONS,
            days=limits.SIMULATED_DAYS,
            upload_mib=limits.UPLOAD_MIB,
        ),
    )
