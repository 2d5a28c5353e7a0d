"""Assessments: what an evaluation finds, as tables."""
