"""The file of reviewed models: read by people and by MXT, written whole or not at all."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from mxt.errors import ConfigError, DataError
from mxt.registries.trust import FILE, Review, allow, file_of, reviewed

ONE = Review(
    "1" * 64, "models:/churn/3", ("os.system", "ö.é"), "dan", "2026-11-30T20:00:00Z", "sklearn", ("x",)
)
OTHER = Review("12e4" + "5" * 60, 'a "folder": # ${x}', (), "Ada", "2026-12-01T00:00:00Z")
ADD = """
import sys
from mxt.registries.trust import Review, allow
for number in range(10):
    allow(Review(f"{sys.argv[1]}{number}".ljust(64, "0"), "models:/churn/3"), sys.argv[2])
"""


def test_a_review_is_found_by_its_digest(tmp_path: Path) -> None:
    root = str(tmp_path)
    assert reviewed(ONE.digest, root) is None
    assert allow(ONE, root) == allow(OTHER, root) == tmp_path / FILE
    assert (reviewed(ONE.digest, root), reviewed(OTHER.digest, root)) == (ONE, OTHER)
    assert reviewed("2" * 64, root) is None
    content = yaml.safe_load((tmp_path / FILE).read_text(encoding="utf-8"))
    assert [entry["digest"] for entry in content["models"]] == [ONE.digest, OTHER.digest]
    assert {path.name for path in tmp_path.iterdir()} == {FILE}


def test_what_nobody_sees_is_not_written(tmp_path: Path) -> None:
    allow(Review("1" * 64, "m\u2028\x1b[2J", ("os\x00.system",)), str(tmp_path))
    found = reviewed("1" * 64, str(tmp_path))
    assert found is not None
    assert (found.model, found.globals) == ("m??[2J", ("os?.system",))


def test_the_variable_names_another_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MXT_TRUSTED_MODELS", "reviews/all.yaml")
    assert allow(ONE, str(tmp_path)) == tmp_path / "reviews" / "all.yaml" == file_of(str(tmp_path))
    monkeypatch.setenv("MXT_TRUSTED_MODELS", str(tmp_path / "reviews" / "all.yaml"))
    assert reviewed(ONE.digest, "/") == ONE
    monkeypatch.delenv("MXT_TRUSTED_MODELS")
    assert reviewed(ONE.digest, str(tmp_path)) is None


def test_what_people_wrote_stays(tmp_path: Path) -> None:
    allow(ONE, str(tmp_path))
    file = tmp_path / FILE
    file.write_text(file.read_text(encoding="utf-8") + "# asked Ada\n\n", encoding="utf-8")
    allow(OTHER, str(tmp_path))
    assert "# asked Ada\n" in file.read_text(encoding="utf-8")
    assert reviewed(OTHER.digest, str(tmp_path)) == OTHER


@pytest.mark.parametrize(
    "text", ["models: []\n", "models:\n", "", "models: [{digest: " + "3" * 64 + ", model: m}]"]
)
def test_a_file_of_another_form_is_kept_in_meaning(text: str, tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(text.replace("3" * 64, f"'{'3' * 64}'"), encoding="utf-8")
    allow(ONE, str(tmp_path))
    assert reviewed(ONE.digest, str(tmp_path)) == ONE
    assert (reviewed("3" * 64, str(tmp_path)) is not None) == ("333" in text)


def test_a_link_keeps_its_target(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / FILE).symlink_to("shared/reviews.yaml")
    allow(ONE, str(tmp_path))
    assert (tmp_path / FILE).is_symlink()
    assert (tmp_path / "shared" / "reviews.yaml").is_file()


GOOD = f'models:\n- digest: "{"1" * 64}"\n  model: churn\n'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[1, 2]", r":1:1: the file of reviewed models is a mapping of `models` to a list"),
        ("modles: []", r":1:1: modles: .*; the file of reviewed models is a mapping of `models`"),
        ("models: 3", r":1:1: models: Input should be a valid list"),
        ("models:\n- 3", r":2:3: models\.0: Input should be a dictionary"),
        (GOOD + "- {digest: abc, model: m}", r":4:4: models\.1\.digest: .*\[0-9a-f\]\{64\}"),
        (GOOD + "- {model: m}", r":4:3: models\.1\.digest: Field required"),
        (GOOD + "  globs: []", r":4:3: models\.0\.globs: Unexpected"),
        (GOOD + "  by: 3", r":4:3: models\.0\.by: Input should be a valid string"),
        (GOOD + "  globals: os.system", r":4:3: models\.0\.globals: Input should be"),
        (GOOD.replace("churn", '""'), r":3:3: models\.0\.model: String should have at least 1"),
        ("models:\n- !!python/object/apply:os.system [true]", r":2:3"),
        (GOOD + "  \t: {", r":4"),
    ],
)
def test_a_broken_file_is_refused_by_its_line(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(text, encoding="utf-8")
    for act in (lambda: reviewed(ONE.digest, str(tmp_path)), lambda: allow(ONE, str(tmp_path))):
        with pytest.raises(ConfigError, match=f"{FILE}{message}"):
            act()
    assert (tmp_path / FILE).read_text(encoding="utf-8") == text


def test_a_folder_that_takes_no_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("MXT_TRUSTED_MODELS", "file/reviews.yaml")
    with pytest.raises(DataError, match=r"name another file by MXT_TRUSTED_MODELS"):
        allow(ONE, str(tmp_path))


@pytest.mark.slow
def test_reviews_of_several_people_at_once_are_all_kept(tmp_path: Path) -> None:
    words = [[sys.executable, "-c", ADD, digit, str(tmp_path)] for digit in "abcd"]
    for process in [subprocess.Popen(each) for each in words]:
        assert process.wait() == 0
    content = yaml.safe_load((tmp_path / FILE).read_text(encoding="utf-8"))
    assert len(content["models"]) == 40
