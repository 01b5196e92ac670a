"""A page as Vite builds it, small enough to be seen through."""

from __future__ import annotations

from pathlib import Path

INDEX = """<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Sogdia</title>
    <link rel="icon" href="data:," />
    <link rel="manifest" href="/site.webmanifest" />
    <script type="module" crossorigin src="/app.js"></script>
    <link rel="stylesheet" crossorigin href="/app.css">
  </head>
  <body><div id="app"></div></body>
</html>
"""
SCRIPT = """const text = (id) => document.getElementById(id).textContent;
const data = JSON.parse(text("page-data"));
document.getElementById("app").textContent =
  data.runs[0].scenario.title + "</script><!--" + JSON.parse(text("world")).type;
"""
STYLE = '#app::after { content: "</style>"; }\n'
WORLD = '{"type": "Topology"}'


def write_page(folder: Path) -> Path:
    """Write the files that Vite leaves."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {"index.html": INDEX, "app.js": SCRIPT, "app.css": STYLE, "world.json": WORLD}
    for name, content in files.items():
        (folder / name).write_text(content, encoding="utf-8")
    return folder
