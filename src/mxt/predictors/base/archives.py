"""Models in the format of skops: a zip of arrays and of one JSON tree that names the type of each object.

skops makes objects of those types alone that it, MXT or a person trusts. MXT reads no list of trusted types
from the model itself.
"""

from __future__ import annotations

import importlib.util
import io
import json
import sys
import zipfile
from typing import TYPE_CHECKING, Any

from pydantic_core import from_json

from mxt.errors import ModelError, MxtError
from mxt.predictors.base import boosters
from mxt.predictors.base.stored import PREFIX, Hazard

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mxt.predictors.base.stored import Stored

REVIEWED = frozenset(
    {
        *("collections.OrderedDict", "numpy.dtype", "lightgbm.basic.Booster"),
        *(f"lightgbm.sklearn.LGBM{name}" for name in ("Classifier", "Regressor", "Ranker")),
        *(f"catboost.core.CatBoost{name}" for name in ("", "Classifier", "Regressor", "Ranker")),
        "sklearn._loss.loss.HalfTweedieLossIdentity",
        "sklearn.calibration._CalibratedClassifier",
        "sklearn.calibration._SigmoidCalibration",
        "sklearn.compose._column_transformer._RemainderColsList",
        "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
        *(f"sklearn.feature_selection._univariate_selection.{name}" for name in ("chi2", "f_classif")),
        "sklearn.feature_selection._univariate_selection.f_regression",
        *(
            f"sklearn.gaussian_process.kernels.{name}"
            for name in (
                "ConstantKernel",
                "Matern",
                "Product",
                "RBF",
                "RationalQuadratic",
                "Sum",
                "WhiteKernel",
            )
        ),
        "sklearn.gaussian_process._gpc._BinaryGaussianProcessClassifierLaplace",
        "sklearn.metrics._scorer._PassthroughScorer",
        *(f"sklearn.model_selection._split.{name}" for name in ("KFold", "StratifiedKFold")),
        "sklearn.multiclass._ConstantPredictor",
        *(f"sklearn.neural_network._stochastic_optimizers.{name}Optimizer" for name in ("Adam", "SGD")),
        "sklearn.tree._tree.Tree",
        "sklearn.utils._bunch.Bunch",
        *("xgboost.core.Booster", "xgboost.sklearn.XGBClassifier", "xgboost.sklearn.XGBRegressor"),
        *("xgboost.sklearn.XGBRanker", "xgboost.sklearn.XGBRFClassifier", "xgboost.sklearn.XGBRFRegressor"),
    }
)
"""Types that MXT trusts besides those that skops itself trusts: estimators of scikit-learn, functions of
numpy and scipy, plain containers.

Neither making them of any state nor any method that a prediction calls runs what the state names. The trees
among them are checked before they predict (`mxt.predictors.sklearn.sound`), and boosters before their
libraries read them (`mxt.predictors.base.boosters`). Left out is what predicts by indices that nothing
checks: trees of neighbours, splines, sparse matrices.
"""
_OLDEST = 2
"""The protocol of skops 0.13, the oldest that MXT takes; nodes of older protocols are audited less."""
_MOST_ENTRIES, _MOST_BYTES, _MOST_NODES = 200_000, 4 << 30, 3_000_000
_RATIO, _RATIO_FROM = 200, 64 << 20


def native_of(stored: Stored, key: str) -> tuple[Any, tuple[Hazard, ...]]:
    """The object in the file that the entry names under a key, or what of it nobody has allowed.

    Raises:
        MissingExtraError: It holds a booster of a library that is not installed.
        ModelError: It is no such file, claims to hold far more than it does, or holds a damaged booster.
    """
    file = stored.file(key)
    try:
        with zipfile.ZipFile(file) as archive:
            schema, libraries = _within_bounds(archive, file.stat().st_size)
            tree = _tree(archive, schema)
            others = tree.get_unsafe_set() - REVIEWED
            if refused := (*sorted(others - stored.allowed),):
                return None, (Hazard(f"objects of {', '.join(refused)}", file.name, refused),)
            stored.kept["allowed"] = (*sorted(others),)
            _require_installed(others)
            if others or libraries & boosters.LIBRARIES:
                boosters.require_sound(tree, set())
            return tree.construct(), ()
    except MxtError:
        raise
    except Exception as error:
        msg = f"its file {file.name!r} cannot be read ({type(error).__name__}); its files may be broken"
        raise ModelError(msg) from error


def _tree(archive: zipfile.ZipFile, schema: Any) -> Any:
    """The nodes of skops, none of which has made its object yet.

    skops has no public function for them, and its `load` would make the objects before MXT saw their bytes.
    """
    from skops.io._audit import get_tree
    from skops.io._protocol import PROTOCOL
    from skops.io._utils import LoadContext

    protocol = schema["protocol"]
    if protocol not in range(_OLDEST, PROTOCOL + 1):
        msg = f"its protocol {protocol!r} is none that the installed skops writes or reads; save it again"
        raise ModelError(msg)
    return get_tree(schema, LoadContext(archive, protocol), trusted=None)


def _require_installed(types: Iterable[str]) -> None:
    """Raise a ModelError for a type whose package is not installed, or lies in the copy of a model."""
    for name in types:
        root = name.partition(".")[0]
        found = sys.modules.get(root) or importlib.util.find_spec(root)
        origin = str(getattr(found, "__file__", None) or getattr(found, "origin", None) or "")
        if found is None or PREFIX in origin:
            msg = f"its type {name} is allowed, but the package {root} is not installed"
            raise ModelError(msg)


def _within_bounds(archive: zipfile.ZipFile, size: int) -> tuple[Any, set[str]]:
    """The tree of an archive of so many bytes, and the libraries of the types that it names.

    Raises:
        ModelError: It unpacks, or unfolds, to far more than a model.
    """
    _require_entries(archive, size)
    for entry in archive.infolist():
        if entry.filename.endswith(".npz"):
            with archive.open(entry) as inner, zipfile.ZipFile(io.BytesIO(inner.read())) as arrays:
                _require_entries(arrays, entry.file_size)
    schema = _schema(archive.read("schema.json"))
    modules: set[object] = set()
    if _count(schema, modules) > _MOST_NODES:
        msg = f"it holds more than {_MOST_NODES:,} objects"
        raise ModelError(msg)
    return schema, {str(module).partition(".")[0] for module in modules}


def _schema(content: bytes) -> object:
    """The tree in a file of JSON, by the faster of two parsers where it can read it."""
    try:
        return from_json(content)
    except ValueError:  # more than 200 levels, or half a pair of surrogates
        return json.loads(content)


def _require_entries(archive: zipfile.ZipFile, size: int) -> None:
    entries = archive.infolist()
    total = sum(entry.file_size for entry in entries)
    if len({entry.filename for entry in entries}) != len(entries):
        msg = "it holds two entries of one name"
        raise ModelError(msg)
    if len(entries) > _MOST_ENTRIES or total > min(_MOST_BYTES, max(_RATIO_FROM, _RATIO * size)):
        msg = f"its {size:,} bytes claim to hold {len(entries):,} entries of {total:,} bytes"
        raise ModelError(msg)


def _count(schema: object, modules: set[object]) -> int:
    """The number of objects in a tree; skops writes each in full wherever it occurs.

    skops reads the first of those with one number for all of them, so a tree in which a small one stands for
    a larger one could unfold without end.

    Args:
        schema: The tree.
        modules: Gets the module of each object's type.

    Raises:
        ModelError: Objects of one number differ.
    """
    sizes: dict[object, int] = {}

    def size(value: dict[str, object]) -> int:
        whole = 1
        for part in value.values():
            if type(part) is dict:
                whole += size(part)
            elif type(part) is list:
                whole += total(part)
        modules.add(value.get("__module__"))
        known = value.get("__id__")
        if known is not None and sizes.setdefault(known, whole) != whole:
            msg = "two different objects in it have one number"
            raise ModelError(msg)
        return whole

    def total(parts: list[object]) -> int:
        whole = 0
        for part in parts:
            if type(part) is dict:
                whole += size(part)
            elif type(part) is list:
                whole += total(part)
        return whole

    return total([schema])
