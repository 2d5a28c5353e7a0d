"""The configs that use a model: explanations, drift and inference."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mxt.drafts.blocks import render
from mxt.drafts.tables import AGAIN, again

if TYPE_CHECKING:
    from mxt.drafts.choices import Choices
    from mxt.drafts.places import Place

MOST_EXPLAINED = 1000
"""Rows that are explained at first."""

REJECTED = "rows that the model cannot take, each with the rules that it breaks"

NEW = "the table of the training, so that this runs at once; name new rows here"


def explanations(choices: Choices, place: Place) -> str:
    """The config of the explanations."""
    head = (
        f"Explain the challenger: what drives it, and each of its predictions.\n"
        f"Run it: {place.command('explanations')}"
    )
    rows = {} if choices.look.rows <= MOST_EXPLAINED else {"sample": {"rows": MOST_EXPLAINED}}
    content = {
        "KIND": "ExplanationsJob",
        "mlflow_service": place.service,
        "inputs_samples": {**again(choices, place), **rows},
        "models_explanations": place.output("models_explanations"),
        "samples_explanations": place.output("samples_explanations"),
        "rejected": place.output("not_explained"),
        "alias_or_version": "Challenger",
    }
    comments = {
        "job.rejected": REJECTED,
        "job.inputs_samples": AGAIN,
        "job.inputs_samples.sample": "a random choice of the rows; leave it out to explain all",
    }
    return render(head, {"job": content}, comments)


def drift(choices: Choices, place: Place) -> str:
    """The config of the watch over the inputs."""
    head = (
        f"Compare new rows with those of the training: has something moved?\nRun it: {place.command('drift')}"
    )
    content = {
        "KIND": "DriftJob",
        "mlflow_service": place.service,
        "current": again(choices, place),
        "comparisons": place.output("drift"),
        "alias_or_version": "Challenger",
    }
    return render(head, {"job": content}, {"job.current": AGAIN, "job.current.path": NEW})


def inference(choices: Choices, place: Place) -> str:
    """The config of the scoring."""
    head = f"Score rows with the champion.\nRun it: {place.command('inference')}"
    content = {
        "KIND": "InferenceJob",
        "mlflow_service": place.service,
        "inputs": again(choices, place),
        "outputs": place.output("predictions"),
        "rejected": place.output("rejected"),
    }
    comments = {"job.inputs": AGAIN, "job.inputs.path": NEW, "job.rejected": REJECTED}
    return render(head, {"job": content}, comments)
