"""Supply balances: who can replace whom, over which routes."""

from sogdia.supply.balance import supply
from sogdia.supply.options import SupplyOptions
from sogdia.supply.result import SupplyResult

__all__ = ["SupplyOptions", "SupplyResult", "supply"]
