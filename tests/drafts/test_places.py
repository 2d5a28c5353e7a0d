"""Names of experiments and models, of whatever a table is called."""

from __future__ import annotations

import pytest

from mxt.drafts.places import Place, name_of


@pytest.mark.parametrize(
    ("table", "name"),
    [
        ("telco", "telco"),
        ("Kündigungen März (neu)", "kuendigungen_maerz_neu"),
        ("WA_Fn-UseC_-Telco", "wa_fn_usec_telco"),
        ("2024", "table_2024"),
        ("данные", "table"),
        ("x" * 99, "x" * 60),
        ("Straße:1/2%", "strasse_1_2"),
    ],
)
def test_a_name_has_letters_that_all_systems_take(table: str, name: str) -> None:
    assert name_of(table) == name


def test_commands_name_the_folder() -> None:
    place = Place("'my confs'", "x.csv", "x")
    assert place.command("training", "job.alias=null") == "mxt 'my confs'/training.yaml job.alias=null"
