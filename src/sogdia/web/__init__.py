"""The server: Sogdia's API over HTTP, and the page that is served with it."""
