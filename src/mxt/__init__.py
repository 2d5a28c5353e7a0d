"""MXT, the Model Explainability Toolkit: run, explain, certify, watch and prove tabular models."""
