"""MLmodel files are data within bounds: what is broken is said in one line, and nothing is made of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from mxt.errors import ModelError
from mxt.registries.manifests import Manifest


def read(folder: Path, text: str) -> Manifest:
    (folder / "MLmodel").write_bytes(text.encode("utf-8", "surrogateescape"))
    return Manifest.read(folder / "MLmodel", "models:/churn/3")


def test_what_mxt_reads_of_a_manifest(tmp_path: Path) -> None:
    signature = 'signature: {inputs: \'[{"name": "age", "type": "long"}, {"name": "t", "type": "string"}]\'}'
    files = "extra_files: [{path: extra_files/a.json}, {path: 3}, 4]"
    manifest = read(tmp_path, f"flavors: {{xgboost: {{data: m.ubj, {files}}}}}\n{signature}\n")
    assert manifest.types == {"age": "long", "t": "string"}
    assert manifest.extra_files == {"a.json"}
    assert not manifest.facts.known
    assert read(tmp_path, "flavors: {xgboost: {}}\nmetadata: {mxt: {columns: [a]}}").facts.columns == ["a"]
    assert read(tmp_path, "flavors: {}").types == {}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "it holds a NoneType, not a mapping"),
        ("[1]", "it holds a list, not a mapping"),
        ("flavors: {1: {}}", "its flavors must be a mapping by name"),
        ("flavors: {xgboost: 3}", "'xgboost' must be a mapping"),
        ("flavors: {}\nmetadata: 3", "'metadata' must be a mapping"),
        ("flavors: {}\nmetadata: {mxt: {columns: 3}}", "its metadata 'mxt' is not what MXT writes"),
        ("flavors: {}\nmetadata: {mxt: {columns: [3]}}", "its metadata 'mxt' is not what MXT writes"),
        ("flavors: {", "did not find expected node content, in line 2"),
        ("flavors: \udcff", "UnicodeDecodeError"),
        ("a: " + "[" * 40 + "]" * 40, "it holds more than 500,000 values, or 32 levels"),
        ("flavors: {}\na: !!float x", "ValueError"),
        ("&a [" + "*a, " * 10 + "]", "it holds a list"),
        ("flavors: !!python/name:os.system", "could not determine a constructor for the tag"),
    ],
)
def test_a_broken_manifest_is_refused_in_one_line(text: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(
        ModelError, match=rf"models:/churn/3 has no readable MLmodel file: .*{says}"
    ) as raised:
        read(tmp_path, text)
    assert "\n" not in str(raised.value)


def test_a_manifest_of_more_values_than_any_model_has_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mxt.registries.manifests._MOST_VALUES", 100)
    with pytest.raises(ModelError, match="it holds more than 100 values"):
        read(tmp_path, f"flavors: {{}}\nlist: [{'1, ' * 100}]")


def test_a_broken_signature_is_refused_where_it_is_needed(tmp_path: Path) -> None:
    manifest = read(tmp_path, "flavors: {}\nsignature: {inputs: '[{'}")
    with pytest.raises(ModelError, match=r"its signature cannot be read \(JSONDecodeError\)"):
        _ = manifest.types
