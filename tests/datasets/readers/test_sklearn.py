"""Tables that scikit-learn ships."""

from __future__ import annotations

import pytest

from mxt.datasets.readers.sklearn import SklearnReader
from mxt.errors import DataError


@pytest.mark.parametrize(
    ("name", "rows", "columns"),
    [("iris", 150, 5), ("wine", 178, 14), ("diabetes", 442, 11), ("breast_cancer", 569, 31)],
)
def test_each_table_has_its_published_size_and_ends_with_the_target(
    name: str, rows: int, columns: int
) -> None:
    """The sizes are those of scikit-learn's own documentation."""
    table = SklearnReader.model_validate({"name": name}).read()
    assert table.shape == (rows, columns)
    assert table.columns[-1] == "target"


def test_classes_have_names() -> None:
    counts = SklearnReader(name="iris").read()["target"].value_counts()
    assert counts.to_dict() == {"setosa": 50, "versicolor": 50, "virginica": 50}


def test_a_filter_that_does_not_fit_is_refused() -> None:
    with pytest.raises(DataError, match=r"load_iris: the filters do not fit the columns"):
        SklearnReader(name="iris", filters=(("target", ">", 1),)).read()
