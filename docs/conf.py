"""How Sphinx builds the documentation: Markdown through MyST, the furo theme, no network."""

import importlib.metadata

project = "MXT"
author = "MXT maintainers"
project_copyright = "MXT maintainers"
release = importlib.metadata.version("mxt")
version = release
language = "en"

extensions = ["myst_parser"]
myst_heading_anchors = 3
nitpicky = True

html_theme = "furo"
html_title = f"MXT {release}"
html_copy_source = False
