"""The trees of xgboost: walked by hand they give the booster's own margins and leaves."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
import xgboost as xgb

from mxt.errors import ModelError
from mxt.predictors.xgboost import XgboostPredictor
from mxt.predictors.xgboost.trees import document_of, read_document, read_trees
from mxt.predictors.xgboost.ubj import read_ubj
from predictors.walk import leaves_of, walk

if TYPE_CHECKING:
    from collections.abc import Callable

    from mxt.predictors.xgboost.trees import Document

NUMBERS = ["a", "b", "c", "d"]
LETTERS = list("pqrstuvwxyz")


def table(rows: int = 300, seed: int = 0) -> pd.DataFrame:
    """Numbers with gaps, and categories of texts and of numbers, the former with gaps."""
    random = np.random.default_rng(seed)
    numbers = random.normal(size=(rows, 4))
    numbers[random.random(numbers.shape) < 0.1] = np.nan
    letters = random.choice(LETTERS, rows).astype(object)
    letters[random.random(rows) < 0.1] = None
    found = pd.DataFrame(numbers, columns=NUMBERS)
    found.insert(1, "letter", pd.Series(pd.Categorical(letters, categories=LETTERS)))
    return found.assign(size=pd.Categorical(random.choice([3, 7, 11], rows), categories=[3, 7, 11]))


def signal(inputs: pd.DataFrame) -> np.ndarray:
    codes = inputs["letter"].cat.codes.to_numpy()
    return inputs["a"].fillna(1).to_numpy() + codes % 3 + inputs["size"].cat.codes.to_numpy()


def boosted(parameters: dict[str, Any], rounds: int = 8, names: list[str] | None = None) -> XgboostPredictor:
    """A booster of the table, whose target fits the objective."""
    inputs = table()
    raw = signal(inputs)
    targets = {
        "multi": np.clip(raw.round(), 0, 2),
        "binary": (raw > 2).astype(int),
        "rank": (raw > 2).astype(int),
        "several": np.column_stack([raw, -raw]),
        "positive": np.exp(raw / 4),
    }
    told = dict(parameters)
    target = targets.get(told.pop("target", told.get("objective", "").partition(":")[0]), raw)
    matrix = xgb.DMatrix(inputs[names or [*map(str, inputs.columns)]], target, enable_categorical=True)
    if told.get("objective", "").startswith("rank"):
        matrix.set_group([100] * 3)
    if told.get("objective") == "survival:aft":
        matrix.set_float_info("label_lower_bound", target)
        matrix.set_float_info("label_upper_bound", target + 1)
    booster = xgb.train({"max_depth": 4, "tree_method": "hist", "nthread": 1, **told}, matrix, rounds)
    return XgboostPredictor(booster, [], [])


def own_margins(predictor: XgboostPredictor, inputs: pd.DataFrame) -> np.ndarray:
    """By xgboost's own reading of the table, shape (rows, outputs)."""
    matrix = xgb.DMatrix(inputs[predictor.columns], enable_categorical=True)
    return predictor.core.predict(matrix, output_margin=True).reshape(len(inputs), -1)


def close(predictor: XgboostPredictor, inputs: pd.DataFrame, expected: np.ndarray) -> None:
    trees = predictor.trees
    assert trees is not None
    assert trees.values.shape[1] == len(predictor.outputs) == expected.shape[1]
    scale = max(1.0, float(np.abs(expected).max()))
    np.testing.assert_allclose(walk(trees, predictor.encode(inputs)), expected, rtol=0, atol=2e-6 * scale)
    np.testing.assert_allclose(predictor.scores(inputs).values, expected, rtol=0, atol=1e-6 * scale)


KNOWS_EXPECTILES = tuple(map(int, xgb.__version__.split(".")[:2])) >= (3, 3)
EXPECTILES: dict[str, dict[str, Any]] = {
    "expectile": {"objective": "reg:expectileerror", "expectile_alpha": 0.3},
    "expectiles": {"objective": "reg:expectileerror", "expectile_alpha": [0.1, 0.5, 0.9]},
    "expectiles, base": {
        "objective": "reg:expectileerror",
        "expectile_alpha": [0.1, 0.5, 0.9],
        "base_score": [2.5, 2.5, 1003.0],
    },
}
MODELS: dict[str, dict[str, Any]] = {
    "squared": {},
    "squared, base": {"base_score": 2.5},
    "squared log": {"objective": "reg:squaredlogerror", "target": "positive"},
    "huber": {"objective": "reg:pseudohubererror"},
    "absolute": {"objective": "reg:absoluteerror"},
    **(EXPECTILES if KNOWS_EXPECTILES else {}),
    "quantiles": {"objective": "reg:quantileerror", "quantile_alpha": [0.1, 0.5, 0.9]},
    "poisson": {"objective": "count:poisson", "target": "positive"},
    "poisson, base": {"objective": "count:poisson", "target": "positive", "base_score": 2.5},
    "gamma": {"objective": "reg:gamma", "target": "positive"},
    "tweedie": {"objective": "reg:tweedie", "target": "positive", "base_score": 0.7},
    "cox": {"objective": "survival:cox", "target": "positive"},
    "aft": {"objective": "survival:aft", "target": "positive"},
    "logistic": {"objective": "binary:logistic"},
    "logistic, base": {"objective": "binary:logistic", "base_score": 0.3},
    "logistic regression": {"objective": "reg:logistic", "target": "binary"},
    "raw logistic": {"objective": "binary:logitraw"},
    "raw logistic, base": {"objective": "binary:logitraw", "base_score": 0.3},
    "hinge": {"objective": "binary:hinge"},
    "ranks": {"objective": "rank:ndcg"},
    "pairs": {"objective": "rank:pairwise"},
    "three classes": {"objective": "multi:softprob", "num_class": 3},
    "labels of three classes": {"objective": "multi:softmax", "num_class": 3},
    "two classes, two margins": {"objective": "multi:softprob", "num_class": 2, "target": "binary"},
    "forests": {"num_parallel_tree": 3, "subsample": 0.5, "colsample_bynode": 0.7},
    "forests of classes": {"num_parallel_tree": 2, "objective": "multi:softprob", "num_class": 3},
    "dropout": {"booster": "dart", "rate_drop": 0.5, "one_drop": True},
    "dropout, classes": {"booster": "dart", "rate_drop": 0.5, "objective": "multi:softprob", "num_class": 3},
    "one-hot": {"max_cat_to_onehot": 100},
    "sets": {"max_cat_to_onehot": 1},
    "pruned": {"gamma": 20.0},
    "leaf by leaf": {"grow_policy": "lossguide", "max_leaves": 9, "max_depth": 0},
    "single leaves": {"min_child_weight": 1e6},
    "two targets": {"target": "several"},
}

NUMERIC: dict[str, dict[str, Any]] = {
    "exact, pruned": {"tree_method": "exact", "gamma": 10.0},
    "approximate": {"tree_method": "approx"},
    "vector leaves": {"target": "several", "multi_strategy": "multi_output_tree"},
    "vector leaves of classes": {
        "objective": "multi:softprob",
        "num_class": 3,
        "multi_strategy": "multi_output_tree",
    },
    "single vector leaves": {
        "target": "several",
        "multi_strategy": "multi_output_tree",
        "min_child_weight": 1e6,
    },
}


@pytest.mark.parametrize("name", MODELS)
def test_a_walk_gives_the_boosters_margins_with_gaps_and_categories(name: str) -> None:
    predictor, fresh = boosted(MODELS[name]), table(seed=1)
    close(predictor, fresh, own_margins(predictor, fresh))
    close(predictor, fresh.head(1), own_margins(predictor, fresh.head(1)))


@pytest.mark.parametrize("name", NUMERIC)
def test_a_walk_gives_the_boosters_margins_over_numbers_alone(name: str) -> None:
    predictor, fresh = boosted(NUMERIC[name], names=NUMBERS), table(seed=1)
    close(predictor, fresh, own_margins(predictor, fresh))


@pytest.mark.parametrize("name", ["squared", "three classes", "forests", "dropout", "sets", "two targets"])
def test_a_walk_ends_at_the_boosters_own_leaves(name: str) -> None:
    predictor, fresh = boosted(MODELS[name]), table(seed=2)
    trees = predictor.trees
    assert trees is not None
    own = predictor.core.predict(xgb.DMatrix(fresh, enable_categorical=True), pred_leaf=True)
    found = leaves_of(trees, predictor.encode(fresh)) - trees.roots
    np.testing.assert_array_equal(found, own.reshape(found.shape))


@pytest.mark.parametrize("name", ["hist", "exact"])
def test_doubles_beside_a_split_take_the_boosters_branch_in_ten_thousand_rows(name: str) -> None:
    predictor = boosted({"tree_method": name, "max_depth": 6}, rounds=20, names=NUMBERS)
    trees = predictor.trees
    assert trees is not None
    random, columns = np.random.default_rng(0), []
    for place in range(len(NUMBERS)):
        splits = np.unique(trees.threshold[trees.feature == place]).astype(np.float32)
        around = np.concatenate([splits, np.nextafter(splits, np.float32(np.inf))]).astype(np.float64)
        halfway = (around[: len(splits)] + around[len(splits) :]) / 2
        edges = np.concatenate([around, halfway, around * (1 + 1e-9), around * (1 - 1e-9)])
        edges = np.concatenate([edges, np.nextafter(edges, np.inf), np.nextafter(edges, -np.inf)])
        columns.append(random.choice(edges, 10_000))
    rows = pd.DataFrame(dict(zip(NUMBERS, columns, strict=True)))
    own = predictor.core.predict(xgb.DMatrix(rows), pred_leaf=True)
    np.testing.assert_array_equal(leaves_of(trees, predictor.encode(rows)) - trees.roots, own)
    np.testing.assert_array_equal(leaves_of(trees, rows.to_numpy()) - trees.roots, own)
    in_doubles = copy.copy(trees)
    object.__setattr__(in_doubles, "precision", "float64")
    assert (leaves_of(in_doubles, rows.to_numpy()) - trees.roots != own).any()  # so the rows are adversarial


REORDERED: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "in another order": lambda rows: rows.assign(letter=rows["letter"].cat.reorder_categories(LETTERS[::-1])),
    "as texts": lambda rows: rows.assign(letter=rows["letter"].astype("str")),
    "as objects": lambda rows: rows.assign(
        letter=rows["letter"].astype(object), size=rows["size"].astype(int)
    ),
    "with one that no row has": lambda rows: rows.assign(letter=rows["letter"].cat.add_categories(["new"])),
    "only some": lambda rows: rows.assign(letter=rows["letter"].cat.remove_unused_categories()),
}


@pytest.mark.parametrize("name", REORDERED)
def test_categories_are_known_by_name_however_they_come(name: str) -> None:
    predictor, rows = boosted({}), table(seed=1).head(40)
    codes = predictor.encode(rows)
    np.testing.assert_array_equal(predictor.encode(REORDERED[name](rows)), codes)
    np.testing.assert_array_equal(
        codes[:, 1], np.where(rows["letter"].isna(), np.nan, rows["letter"].cat.codes)
    )
    close(predictor, REORDERED[name](rows), own_margins(predictor, rows))


def test_a_category_not_seen_in_training_is_refused_without_being_named() -> None:
    predictor, rows = boosted({}), table(seed=1).astype({"letter": object})
    rows.loc[[3, 4, 5], "letter"] = ["new", "new", "other"]
    with pytest.raises(ModelError, match="'letter' holds 2 categories that") as told:
        predictor.encode(rows)
    assert "new" not in str(told.value)


def test_codes_of_a_booster_without_names_are_read_as_xgboost_reads_them() -> None:
    random = np.random.default_rng(0)
    matrix = np.column_stack([random.normal(size=400), random.integers(0, 9, 400)])
    train = xgb.DMatrix(
        matrix,
        matrix[:, 1] % 3,
        feature_names=["x", "kind"],
        feature_types=["float", "c"],
        enable_categorical=True,
    )
    booster = xgb.train({"max_depth": 4, "max_cat_to_onehot": 2}, train, 5)
    predictor = XgboostPredictor(booster, [], [])
    odd = np.array([0, 3, 8, 9, 40, 3.7, -0.5, -1, -7, 2.0**24, 1e9, np.nan])
    rows = pd.DataFrame({"x": 0.1, "kind": odd})
    own = booster.predict(xgb.DMatrix(rows, feature_types=["float", "c"], enable_categorical=True))
    close(predictor, rows, own.reshape(-1, 1))
    coded = pd.DataFrame({"x": 0.1, "kind": pd.Categorical.from_codes([1, 2, -1], pd.Index(range(9)))})
    np.testing.assert_array_equal(predictor.encode(coded)[:, 1], [1, 2, np.nan])
    with pytest.raises(ModelError, match="takes numbers in the column 'kind'"):
        predictor.encode(rows.assign(kind="three"))


@pytest.mark.parametrize("kind", ["float32", "Float64", "int64", "Int64", "bool", "boolean"])
def test_numbers_of_any_type_are_encoded(kind: Any) -> None:
    predictor = boosted({}, names=NUMBERS)
    rows = pd.DataFrame(dict.fromkeys(NUMBERS, pd.Series([1, 0, 1]).astype(kind)))
    if kind[0] in "FIb" and kind != "bool":
        rows.loc[1, "b"] = pd.NA
    expected = rows.to_numpy(dtype=np.float32, na_value=np.nan)
    np.testing.assert_array_equal(predictor.encode(rows), expected)
    close(predictor, rows, own_margins(predictor, rows))


@pytest.mark.parametrize("column", [["x", "y"], pd.to_datetime(["2020-01-01", "2021-01-01"]), [1j, 2j]])
def test_what_is_no_number_is_refused(column: Any) -> None:
    predictor = boosted({}, names=NUMBERS)
    rows = pd.DataFrame(np.zeros((2, 4)), columns=NUMBERS).assign(c=column)
    with pytest.raises(ModelError, match="takes numbers in the column 'c'"):
        predictor.scores(rows)


@pytest.mark.parametrize("value", [np.inf, -np.inf, 1e39])
def test_infinite_values_are_refused(value: float) -> None:
    predictor = boosted({}, names=NUMBERS)
    with pytest.raises(ModelError, match="infinite values"):
        predictor.scores(pd.DataFrame([[0, 1, value, 2]], columns=NUMBERS))


def test_a_number_that_stands_for_missing_is_missing() -> None:
    inputs = table()[NUMBERS].fillna(-1.0)
    model = xgb.XGBRegressor(n_estimators=5, max_depth=4, missing=-1.0, n_jobs=1).fit(inputs, signal(table()))
    predictor = XgboostPredictor(model, [], [])
    assert np.isnan(predictor.encode(inputs)).sum() == (inputs == -1).to_numpy().sum() > 0
    close(predictor, inputs, model.predict(inputs).reshape(-1, 1))


@pytest.mark.parametrize("options", [{}, {"num_parallel_tree": 2, "subsample": 0.5}, {"booster": "dart"}])
@pytest.mark.parametrize("classes", [2, 3])
def test_a_model_that_stopped_early_has_the_rounds_up_to_its_best(options: Any, classes: int) -> None:
    inputs = table()[NUMBERS]
    targets = np.clip(signal(table()).round(), 0, classes - 1).astype(int)
    model = xgb.XGBClassifier(
        n_estimators=40, learning_rate=0.8, early_stopping_rounds=3, max_depth=3, n_jobs=1, **options
    )
    model.fit(inputs[:200], targets[:200], eval_set=[(inputs[200:], targets[200:])], verbose=False)
    predictor = XgboostPredictor(model, [], [*range(classes)])
    close(predictor, inputs, model.predict(inputs, output_margin=True).reshape(len(inputs), -1))
    assert predictor.trees is not None
    groups = 1 if classes == 2 else classes
    made = options.get("num_parallel_tree", 1) * groups
    assert len(predictor.trees.roots) == (model.best_iteration + 1) * made
    assert model.best_iteration + 1 < model.get_booster().num_boosted_rounds()


def test_covers_are_sums_of_hessians() -> None:
    trees = boosted({}).trees
    assert trees is not None
    inner = trees.left >= 0
    assert (trees.cover[trees.roots] == 300).all()  # of the squared error, one for each row
    np.testing.assert_allclose(
        trees.cover[inner], trees.cover[trees.left[inner]] + trees.cover[trees.right[inner]]
    )
    assert (trees.values[inner] == 0).all()


def test_nodes_that_no_row_reaches_any_more_have_no_cover() -> None:
    predictor = boosted({}, names=NUMBERS)
    few = table().head(3)
    refresh = {"process_type": "update", "updater": "refresh", "refresh_leaf": True, "nthread": 1}
    matrix = xgb.DMatrix(few[NUMBERS], signal(few))
    again = XgboostPredictor(xgb.train(refresh, matrix, 8, xgb_model=predictor.core), [], [])
    assert again.trees is not None
    assert (again.trees.cover == 0).any()
    close(again, table(seed=1), own_margins(again, table(seed=1)))


def test_a_model_without_trees_is_its_base() -> None:
    predictor = boosted({"base_score": 2.5}, rounds=0)
    close(predictor, table(), np.full((300, 1), 2.5))


def test_a_linear_booster_has_no_trees() -> None:
    assert boosted({"booster": "gblinear"}, names=NUMBERS).trees is None


@pytest.mark.parametrize("name", ["squared", "dropout", "three classes", "two targets"])
def test_the_binary_form_tells_what_the_json_form_tells(name: str) -> None:
    booster = boosted(MODELS[name]).core
    document = json.loads(booster.save_raw("json"))

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: plain(inner) for key, inner in value.items()}
        if isinstance(value, (list, np.ndarray)):
            return [plain(inner) for inner in value]
        return float(np.float32(value)) if isinstance(value, (float, np.floating)) else value

    def numbers(value: Any) -> Any:
        return json.loads(json.dumps(plain(value), default=int), parse_int=float)

    assert numbers(document_of(booster)) == numbers(document)


@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 0.6, 0.9, 0.999])
def test_a_cut_model_is_refused(share: float) -> None:
    raw = bytes(boosted({}).core.save_raw("ubj"))
    with pytest.raises(ModelError, match="was cut or is damaged"):
        read_document(raw[: int(share * len(raw))])


@pytest.mark.parametrize("raw", [b"", b"[", b"{L", b"[$d#L" + b"\xff" * 8, b"[" * 5000, b"x", b"i\x07"])
def test_bytes_that_are_no_model_are_refused(raw: bytes) -> None:
    with pytest.raises(ModelError, match="was cut or is damaged"):
        read_document(raw)


def test_every_sort_of_binary_json_is_read() -> None:
    raw = b"{i\x01a[i\xffU\xffI\xff\xfeTFZ]i\x01b[#i\x02d\x3f\x80\x00\x00D\x3f\xf0\x00\x00\x00\x00\x00\x00}"
    assert read_ubj(raw) == {"a": [-1, 255, -2, True, False, None], "b": [1.0, 1.0]}
    np.testing.assert_array_equal(read_ubj(b"[$l#i\x02\x00\x00\x00\x01\xff\xff\xff\xff"), [1, -1])


def tree_of(document: Document) -> Document:
    return document["learner"]["gradient_booster"]["model"]["trees"][0]


def changed(name: str, at: int, value: float) -> Callable[[Document], None]:
    def change(document: Document) -> None:
        array = tree_of(document)[name].copy()
        array[at] = value
        tree_of(document)[name] = array

    return change


DAMAGES: dict[str, Callable[[Document], Any]] = {
    "a loop": changed("left_children", 1, 0),
    "two parents": changed("left_children", 0, 2),
    "a child beyond the tree": changed("right_children", 0, 10_000),
    "a negative child": changed("right_children", 0, -7),
    "a column that is not there": changed("split_indices", 0, 99),
    "a leaf that is no number": changed("split_conditions", -1, np.nan),
    "a negative cover": changed("sum_hessian", 0, -1),
    "an array too short": lambda document: tree_of(document).update(split_indices=[1]),
    "no children": lambda document: tree_of(document).pop("left_children"),
    "a tree too few": lambda document: document["learner"]["gradient_booster"]["model"]["trees"].pop(),
    "no group": lambda document: document["learner"]["gradient_booster"]["model"].pop("tree_info"),
    "a group too many": lambda document: document["learner"]["gradient_booster"]["model"].update(
        tree_info=[5] * 8
    ),
    "no base": lambda document: document["learner"]["learner_model_param"].update(base_score="[]"),
    "a base beyond its link": lambda document: document["learner"]["learner_model_param"].update(
        base_score="[1.5]"
    ),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_model_is_refused(name: str) -> None:
    document = copy.deepcopy(document_of(boosted({"objective": "binary:logistic"}).core))
    assert read_trees(document) is not None
    DAMAGES[name](document)
    with pytest.raises(ModelError, match="damaged"):
        read_trees(document)


def test_an_objective_whose_base_is_not_known_is_refused() -> None:
    document = copy.deepcopy(document_of(boosted({}).core))
    document["learner"]["objective"]["name"] = "my:own"
    with pytest.raises(ModelError, match="'my:own'"):
        read_trees(document)
