"""Findings: what every job returns, and the content of its page."""

from mxt.findings.base import Chart, Fact, Findings, Output
from mxt.findings.documents import Bullets, Code, Document, Grid, Heading, Pairs, Paragraph

__all__ = [
    "Bullets",
    "Chart",
    "Code",
    "Document",
    "Fact",
    "Findings",
    "Grid",
    "Heading",
    "Output",
    "Pairs",
    "Paragraph",
]
