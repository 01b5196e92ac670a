"""One module for each part of the API; a module that has a `router` becomes part of it."""
