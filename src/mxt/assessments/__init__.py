"""Assessments: tables of an evaluation, on scores, segments, classes, confidence and latency."""
