"""How linear programs are solved: by HiGHS, silently, and the same on every machine."""

from __future__ import annotations

import highspy


def quiet_highs() -> highspy.Highs:
    """Return a solver that prints nothing and starts from the basis of its last solve."""
    highs = highspy.Highs()  # type: ignore[no-untyped-call]  # not in its stubs
    highs.setOptionValue("output_flag", False)
    highs.setOptionValue("threads", 1)
    highs.setOptionValue("random_seed", 1)
    # Presolve would throw away what is known from the last solve.
    highs.setOptionValue("presolve", "off")
    return highs
