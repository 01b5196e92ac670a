"""Reports: what people see of a run, on the terminal and on paper."""
