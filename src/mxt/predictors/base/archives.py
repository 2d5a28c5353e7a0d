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

from mxt.errors import ModelError
from mxt.predictors.base.stored import PREFIX, Hazard

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from mxt.predictors.base.stored import Stored

REVIEWED = frozenset(
    {
        *("collections.OrderedDict", "numpy.dtype"),
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
among them are checked before they predict (`mxt.predictors.sklearn.sound`). Left out is what predicts by
indices that nothing checks (trees of neighbours, splines, sparse matrices), and boosters of LightGBM, whose
texts skops hands over unseen.
"""
_MOST_ENTRIES, _MOST_BYTES, _MOST_NODES = 200_000, 4 << 30, 3_000_000
_RATIO, _RATIO_FROM = 200, 64 << 20


def native_of(stored: Stored, key: str) -> tuple[Any, tuple[Hazard, ...]]:
    """The object in the file that the entry names under a key, or what of it nobody has allowed.

    Raises:
        ModelError: It is no such file, or claims to hold far more than it does.
    """
    import skops.io

    file = stored.file(key)
    trusted: set[str] = set()
    try:
        trusted = _named_within_bounds(file) & (REVIEWED | stored.allowed)
        if stored.allowed:
            stored.kept["allowed"] = (*sorted((_untrusted(file) & stored.allowed) - REVIEWED),)
            _require_installed(stored.kept["allowed"])
        return skops.io.load(file, trusted=sorted(trusted)), ()
    except ModelError:
        raise
    except Exception as error:
        others = _untrusted(file) - trusted
        if others:
            names = tuple(sorted(others))
            return None, (Hazard(f"objects of {', '.join(names)}", file.name, names),)
        msg = f"its file {file.name!r} cannot be read ({type(error).__name__}); its files may be broken"
        raise ModelError(msg) from error


def _require_installed(types: Iterable[str]) -> None:
    """Raise a ModelError for a type whose package is not installed, or lies in the copy of a model."""
    for name in types:
        root = name.partition(".")[0]
        found = sys.modules.get(root) or importlib.util.find_spec(root)
        origin = str(getattr(found, "__file__", None) or getattr(found, "origin", None) or "")
        if found is None or PREFIX in origin:
            msg = f"its type {name} is allowed, but the package {root} is not installed"
            raise ModelError(msg)


def untrusted_in(content: bytes) -> set[str]:
    """The types in the bytes of an archive of one's own that neither skops nor MXT trusts."""
    import skops.io

    return {*skops.io.get_untrusted_types(data=content)} - REVIEWED


def _untrusted(file: Path) -> set[str]:
    """The types in a file that skops does not trust; empty if it is broken."""
    import skops.io

    try:
        return {*skops.io.get_untrusted_types(file=file)}
    except Exception:  # noqa: BLE001 - of a broken file; the caller has an error of its own
        return set()


def _named_within_bounds(file: Path) -> set[str]:
    """The types that an archive names, of those that do not unpack, or unfold, to far more than a model.

    Raises:
        ModelError: It would.
    """
    with zipfile.ZipFile(file) as archive:
        _require_entries(archive, file.stat().st_size)
        for entry in archive.infolist():
            if entry.filename.endswith(".npz"):
                with archive.open(entry) as inner, zipfile.ZipFile(io.BytesIO(inner.read())) as arrays:
                    _require_entries(arrays, entry.file_size)
        names: set[str] = set()
        if _count(_schema(archive.read("schema.json")), names) > _MOST_NODES:
            msg = f"it holds more than {_MOST_NODES:,} objects"
            raise ModelError(msg)
    return names


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


def _count(schema: object, names: set[str]) -> int:
    """The number of objects in a tree; skops writes each in full wherever it occurs.

    skops reads the first of those with one number for all of them, so a tree in which a small one stands for
    a larger one could unfold without end.

    Args:
        schema: The tree.
        names: Gets the type of each object.

    Raises:
        ModelError: Objects of one number differ.
    """
    sizes: dict[object, int] = {}
    kinds: set[tuple[object, object]] = set()

    def size(value: dict[str, object]) -> int:
        whole = 1
        for part in value.values():
            if type(part) is dict:
                whole += size(part)
            elif type(part) is list:
                whole += total(part)
        kinds.add((value.get("__module__"), value.get("__class__")))
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

    count = total([schema])
    names |= {f"{module}.{kind}" for module, kind in kinds}
    return count
