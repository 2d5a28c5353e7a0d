"""What every importance owes: one table in source columns for any model and column, the same twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
import yaml
from sklearn.compose import make_column_transformer
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from mxt.errors import ConfigError, DataError, ModelError
from mxt.importances.base import Importance, effects_table, importances_table, rows_by_seed, stored
from mxt.importances.base.tally import Tally, merge
from mxt.importances.library import LibraryImportance
from mxt.importances.partial_dependence import PartialDependenceImportance
from mxt.kinds import members
from mxt.kinds.texts import example_of
from mxt.models import Model
from mxt.predictors.base.library import predictor_of
from mxt.schemas import EffectsSchema, FeatureImportancesSchema

if TYPE_CHECKING:
    from mxt.importances.base import Measurement

IMPORTANCES = {name: kind(**yaml.safe_load(example_of(kind))) for name, kind in members(Importance).items()}
ROWS = 120
CHANCE = np.random.default_rng(0)


def rows_of() -> pd.DataFrame:
    """Numbers, whole numbers, booleans, texts, categories, and gaps in each that may have some."""
    gaps = [CHANCE.random(ROWS) < 0.15 for _ in range(5)]
    return pd.DataFrame(
        {
            "number": pd.Series(CHANCE.normal(size=ROWS)).mask(gaps[0]),
            "whole": pd.Series(CHANCE.integers(0, 9, ROWS), dtype="Int64").mask(gaps[1]),
            "flag": CHANCE.random(ROWS) < 0.4,
            "text": pd.Series(CHANCE.choice(["x", "y", "z"], ROWS), dtype="str").mask(gaps[2]),
            "category": pd.Series(CHANCE.choice(["u", "v"], ROWS), dtype="category").mask(gaps[3]),
            "maybe": pd.Series(CHANCE.random(ROWS) < 0.5, dtype="boolean").mask(gaps[4]),
            "a name": CHANCE.normal(size=ROWS),
        },
    ).set_index(pd.Index([f"id-{row}" for row in range(ROWS)], name="key"))


INPUTS = rows_of()
SCORES = INPUTS["a name"] + 2 * INPUTS["flag"] + INPUTS["text"].map({"x": 1.0, "y": -1.0}).fillna(0.0)
TARGETS: dict[int, pd.Series[Any]] = {0: SCORES, **{n: pd.qcut(SCORES, n, labels=False) for n in (2, 3)}}


@pytest.fixture(scope="module", params=TARGETS, ids=["numbers", "two classes", "three classes"])
def known(request: pytest.FixtureRequest) -> tuple[Model, pd.Series[Any]]:
    """A model of all sorts of columns, and its targets."""
    targets = TARGETS[request.param]
    core = DecisionTreeClassifier if request.param else DecisionTreeRegressor
    encoding = make_column_transformer(
        (OrdinalEncoder(), ["text", "category"]), remainder="passthrough", verbose_feature_names_out=False
    )
    native = make_pipeline(encoding, core(max_depth=5, min_samples_leaf=5, random_state=0))
    native.fit(plain(INPUTS), targets)
    return Model(predictor_of(native, [*INPUTS], [])), targets


def plain(inputs: pd.DataFrame) -> pd.DataFrame:
    """The nullable columns as doubles, which scikit-learn takes."""
    return inputs.astype({"whole": float, "maybe": float})


def measure(name: str, known: Any, inputs: pd.DataFrame) -> list[Measurement]:
    model, targets = known
    return model.measure([IMPORTANCES[name]], inputs, targets=targets)


@pytest.mark.parametrize("name", IMPORTANCES)
def test_it_gives_one_table_in_source_columns(name: str, known: Any) -> None:
    model, _ = known
    found = measure(name, known, plain(INPUTS))
    table = FeatureImportancesSchema.check(importances_table(found))
    for _, part in table.groupby(["method", "class"], dropna=False):
        assert {*part["feature"]} == {*INPUTS}
        assert part["rank"].tolist() == [*range(1, 8)]
        assert part["importance"].is_monotonic_decreasing
        assert part["share"].sum() == pytest.approx(1)
        assert part["feature"].iloc[0] in {"a name", "flag", "text"}
    classes = {*table["class"].dropna()}
    assert classes <= {*model.predictor.outputs}
    if len(model.predictor.classes) == 3 and name != "LibraryImportance":
        assert classes == {"0", "1", "2"}


@pytest.mark.parametrize("name", IMPORTANCES)
def test_it_gives_the_same_bytes_for_any_order_of_rows(name: str, known: Any) -> None:
    shuffled = INPUTS.iloc[np.random.default_rng(1).permutation(ROWS)]
    first, second = (measure(name, known, plain(inputs)) for inputs in (INPUTS, shuffled))
    for one, other in zip(first, second, strict=True):
        assert (one.note, one.blocks) == (other.note, other.blocks)
        for before, after in ((one.table, other.table), (one.effects, other.effects)):
            assert (before is None) == (after is None)
            assert before is None or (after is not None and before.equals(after))


@pytest.mark.parametrize("name", IMPORTANCES)
def test_it_finds_the_same_of_rows_that_come_in_parts(name: str, known: Any) -> None:
    """Parts are of chance rows, cross bytes, and are merged in any order."""
    model, targets = known
    inputs, importance = plain(INPUTS), IMPORTANCES[name]
    places = np.array_split(np.random.default_rng(2).permutation(ROWS), 4)
    parts = [
        Tally.of(model.explain(part), part, rows_by_seed([importance]), targets.loc[part.index])
        for part in (inputs.iloc[some] for some in places)
    ]
    back = [stored.from_bytes(stored.to_bytes(part)) for part in parts]
    found = model.measure_tally([importance], merge(back))[0]
    whole = measure(name, known, inputs)[0]
    assert (found.note, found.blocks) == (whole.note, whole.blocks)
    for part, table in ((found.table, whole.table), (found.effects, whole.effects)):
        assert (part is None) == (table is None)
        assert part is None or part.equals(table)


@pytest.mark.parametrize("name", [name for name in IMPORTANCES if name != "LibraryImportance"])
def test_it_keeps_types_of_columns(name: str) -> None:
    """A function sees the very types of the table, whatever cell was put where."""

    def function(table: pd.DataFrame) -> pd.Series[float]:
        assert table.dtypes.to_dict() == INPUTS.dtypes.to_dict()
        assert [*table.columns] == [*INPUTS]
        return table["a name"] + table["maybe"].astype(float).fillna(9.0)

    model = Model(predictor_of(function, [*INPUTS], []), INPUTS.head(9))
    found = model.measure([IMPORTANCES[name]], INPUTS, targets=function(INPUTS))
    table = importances_table(found).set_index("feature")
    assert {*table.index[:2]} == {"a name", "maybe"}
    assert (table["importance"].iloc[:2] > 0).all()
    curves = effects_table(found)
    if curves is not None:
        effect = curves[curves["feature"] == "maybe"].set_index("value", drop=False)["effect"]
        assert effect["True"] - effect["False"] == pytest.approx(1)
        assert EffectsSchema.check(curves) is not None


@pytest.mark.parametrize("name", IMPORTANCES)
def test_infinite_numbers_are_refused_unless_no_sample_is_used(name: str, known: Any) -> None:
    model, _ = known
    endless = plain(INPUTS).assign(**{"a name": np.inf})
    if name == "LibraryImportance":
        [found], [alone] = measure(name, known, endless), model.measure([IMPORTANCES[name]])
        assert found.table is not None
        assert found.table.equals(alone.table)
        return
    with pytest.raises((ModelError, DataError), match=r"hold infinite|beyond 3\.4e38"):
        measure(name, known, endless)


@pytest.mark.parametrize("name", IMPORTANCES)
def test_without_samples_there_is_a_reason_unless_none_is_used(name: str, known: Any) -> None:
    model, targets = known
    if IMPORTANCES[name].needs_explanation:
        [found] = model.measure([IMPORTANCES[name]], targets=targets)
        assert (found.table, found.note) == (None, "No samples were explained.")
    elif name == "LibraryImportance":
        [found], [beside] = model.measure([IMPORTANCES[name]]), measure(name, known, plain(INPUTS))
        assert found.table is not None
        assert found.table.equals(beside.table)
    else:
        with pytest.raises(ModelError, match=f"{name} needs samples"):
            model.measure([IMPORTANCES[name]], targets=targets)


def test_an_encoding_that_mixes_columns_leaves_the_librarys_importances_out() -> None:
    inputs = INPUTS[["a name", "flag"]]
    native = make_pipeline(PCA(2), LogisticRegression()).fit(inputs, TARGETS[2])
    model = Model(predictor_of(native, [], []), inputs)
    found = model.measure([LibraryImportance(), PartialDependenceImportance(points=3)], inputs)
    assert found[0].table is None
    assert "left out" in found[0].note
    assert "PCA" in found[0].note
    assert set(importances_table(found)["method"]) == {"partial_dependence"}
    assert set(model.explain_model()["method"]) == {"mean_abs_shap"}
    with pytest.raises(ModelError, match="PCA"):
        model.explain_model(importances=[LibraryImportance()])


def test_a_model_without_importances_and_samples_says_so() -> None:
    model = Model(predictor_of(lambda table: table["flag"], [*INPUTS], []))
    with pytest.raises(ModelError, match="explain it with samples"):
        model.explain_model()


def test_a_method_is_asked_for_once() -> None:
    twice = [PartialDependenceImportance(points=2), PartialDependenceImportance(points=3)]
    model = Model(predictor_of(lambda table: table["a name"], [*INPUTS], []))
    with pytest.raises(ConfigError, match="partial_dependence; name each once"):
        model.explain_model(INPUTS, importances=twice)


def test_labels_alone_are_enough() -> None:
    inputs = INPUTS[["a name", "flag"]]
    model = Model(predictor_of(LinearSVC().fit(inputs, TARGETS[3]), [], []))
    for name in ("PermutationImportance", "PartialDependenceImportance", "SurrogateTreeImportance"):
        found = importances_table(model.measure([IMPORTANCES[name]], inputs, targets=TARGETS[3]))
        assert set(found.loc[found["rank"] == 1, "feature"]) <= {"a name", "flag"}


def test_a_target_of_another_sort_is_refused(known: Any) -> None:
    model, _ = known
    wrong = pd.Series("neither", INPUTS.index)
    with pytest.raises(DataError, match=r"are not among the model's|are of type"):
        model.measure([IMPORTANCES["PermutationImportance"]], plain(INPUTS), targets=wrong)
