"""Supply balances: who can replace whom, over which routes (the function is `sogdia.supply`)."""

from sogdia.balance.balance import supply
from sogdia.balance.options import SupplyOptions
from sogdia.balance.result import SupplyResult

__all__ = ["SupplyOptions", "SupplyResult", "supply"]
