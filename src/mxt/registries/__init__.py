"""Registries: saving, registering, naming and loading model versions. Talks to MLflow."""
