"""Names of categories as xgboost stores them: by bytes, or by characters, which cuts names beyond ASCII."""

from __future__ import annotations

from itertools import accumulate, permutations
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
import xgboost as xgb

from mxt.errors import ModelError
from mxt.predictors.xgboost import XgboostPredictor
from mxt.predictors.xgboost.codes import Codes
from mxt.predictors.xgboost.names import UNCLEAR, UNSEEN, Names
from predictors.xgboost.boosters import close

if TYPE_CHECKING:
    from collections.abc import Sequence

LISTS = [
    ["süß", "männlich", "weiblich"],
    ["männlich", "süß", "weiblich"],
    ["Bern", "Zürich"],
    ["abä", "abö"],
    ["öa", "öb"],
    ["日本", "日中", "x"],
    ["é1", "2", "1"],
    ["1é9", "z"],
    ["a", "b", "ü"],
    ["a", "b", "üx"],
    ["ééééé", "a", "b"],
    ["Genève", "Neuchâtel", "Zug", "Zürich"],
    ["", "é"],
]


def stored(names: Sequence[str], *, cut: bool) -> Names:
    """As xgboost 3.2 stores the names, or as later releases do."""
    joined = "".join(names).encode()
    ends = list(accumulate((len(name if cut else name.encode()) for name in names), initial=0))
    return Names.read({"values": [*joined[: ends[-1]]], "offsets": ends})


@pytest.mark.parametrize("names", LISTS, ids=" ".join)
@pytest.mark.parametrize("cut", [True, False], ids=["cut", "whole"])
def test_no_name_gets_the_code_of_another(names: list[str], cut: bool) -> None:  # noqa: FBT001 - the case
    known = stored(names, cut=cut)
    for few in (names, *([name] for name in names)):
        codes = known.codes_of(few, few)
        right = [names.index(name) for name in few]
        assert all(code in (UNCLEAR, own) for code, own in zip(codes, right, strict=True))
    assert cut or known.cut or known.codes_of(names, names).tolist() == [*range(len(names))]


@pytest.mark.parametrize("names", LISTS, ids=" ".join)
def test_the_categories_of_the_training_have_their_codes(names: list[str]) -> None:
    known = stored(names, cut=True)
    codes = known.codes_of(names, names).tolist()
    exact = [*range(len(names))]
    assert codes == exact or UNCLEAR in codes
    assert (codes == exact) == (names != ["ééééé", "a", "b"])
    for other in permutations(names):
        mapped = known.codes_of(other, other)
        assert all(code in (UNCLEAR, names.index(n)) for code, n in zip(mapped, other, strict=True))


def test_names_whose_half_is_stored_are_known_as_texts() -> None:
    known = stored(["männlich", "süß", "weiblich"], cut=True)
    assert known.listed is None
    assert known.codes_of(["weiblich", "süß", "divers", "männlich"], []).tolist() == [2, 1, UNSEEN, 0]
    assert known.codes_of(["weiblich", "weiblxyz"], []).tolist() == [UNCLEAR, UNCLEAR]


def test_names_by_bytes_are_listed() -> None:
    known = stored(["männlich", "süß", "weiblich"], cut=False)
    assert known.listed is not None
    assert known.listed.tolist() == ["männlich", "süß", "weiblich"]


def frame(names: list[str], rows: int = 200) -> pd.DataFrame:
    chance = np.random.default_rng(0)
    cells = pd.Series(chance.choice(names, rows)).astype(pd.CategoricalDtype(names))
    return pd.DataFrame({"kind": cells, "x": chance.normal(size=rows)})


@pytest.mark.parametrize("names", LISTS[:4], ids=" ".join)
@pytest.mark.parametrize("onehot", [1, 9])
def test_predictions_are_those_of_xgboost(names: list[str], onehot: int) -> None:
    rows = frame(names)
    target = rows["kind"].cat.codes * 1.5 + rows["x"]
    train = xgb.DMatrix(rows, target, enable_categorical=True)
    booster = xgb.train({"max_depth": 3, "max_cat_to_onehot": onehot, "nthread": 1}, train, 5)
    own = booster.predict(xgb.DMatrix(rows, enable_categorical=True)).reshape(-1, 1)
    predictor = XgboostPredictor(booster, [], [])
    close(predictor, rows, own)
    close(predictor.opened(["kind"]), rows, own)
    close(predictor, rows.astype({"kind": "str"}), own)


@pytest.mark.parametrize("open_columns", [{"kind"}, set[str]()], ids=["open", "closed"])
def test_a_value_that_may_be_a_cut_name_is_refused_even_where_new_ones_are_missing(
    open_columns: set[str],
) -> None:
    codes = Codes(frozenset({0}), {0: stored(["日本", "日中", "x"], cut=True)}, np.nan)
    with pytest.raises(ModelError, match=r"'kind' holds 1 categories .* names in ASCII") as caught:
        codes.encode(pd.DataFrame({"kind": ["日中", None]}), open_columns)
    assert "日中" not in str(caught.value)
    texts = pd.DataFrame({"kind": ["日本", "日中", "x"]})
    with pytest.raises(ModelError, match="holds 3 categories"):
        codes.encode(texts, open_columns)
    as_trained = texts.astype(pd.CategoricalDtype(["日本", "日中", "x"]))
    assert codes.encode(as_trained, open_columns).ravel().tolist() == [0, 1, 2]
    surely_new = pd.DataFrame({"kind": ["ATL", None]})
    assert np.isnan(codes.encode(surely_new, {"kind"})).all()
