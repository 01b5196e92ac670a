"""Traffic assignment: flows in equilibrium on a network whose times grow with them."""
