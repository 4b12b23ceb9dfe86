"""One self-contained HTML page of one run or several."""

from bayesdensing.reporting.page import report

__all__ = ["report"]
