"""Settings of the documentation site: ``make site`` builds it from the pages of this repository."""

from bayesdensing import __version__

project = "bayesdensing"
author = "the bayesdensing authors"
release = version = __version__

extensions = ["myst_nb", "numpydoc", "sphinx.ext.autodoc", "sphinx.ext.autosummary"]
root_doc = "docs/index"
include_patterns = [
    "README.md",
    "CHANGELOG.md",
    "data/README.md",
    "docs/**.md",
    "notebooks/*.ipynb",
]
exclude_patterns = [".venv", "runs", "build", "dist"]

myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 4
nb_execution_mode = "off"  # they are executed by `make notebooks`, and committed with their outputs
# graphs of hypotheses are Mermaid text, and dialogues with the command line are no language
highlight_language = "none"

autosummary_generate = False
autodoc_typehints = "none"
numpydoc_show_class_members = False

html_theme = "pydata_sphinx_theme"
html_title = f"bayesdensing {release}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_context = {"default_mode": "auto"}
html_copy_source = html_show_sourcelink = False
# all pages, in their sections: there are no deeper levels to navigate by
html_sidebars = {"**": ["globaltoc.html"]}
html_theme_options = {
    "logo": {"text": "bayesdensing"},
    "navbar_center": [],
    "show_prev_next": False,
    "navigation_with_keys": False,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
}
copyright = "Apache-2.0 (code)"
