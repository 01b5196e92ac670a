"""Investment: which projects to build under a budget."""
