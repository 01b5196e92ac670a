"""The mode-state supernetwork: what carries goods, at what cost, under which rules."""
