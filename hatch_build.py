"""Build the page before Sogdia is packed or installed; see `tools/build_page.py`."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class PageBuildHook(BuildHookInterface):
    """Runs npm where Node is there; a page that cannot be built stops nothing."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the page, unless the one that is there is newer than its sources."""
        tool = runpy.run_path(str(Path(self.root, "tools", "build_page.py")))
        tool["build_page"](Path(self.root), self.app.display_warning)
