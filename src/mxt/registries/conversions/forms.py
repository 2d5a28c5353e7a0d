"""The forms of models that hold data only, one of each library, and how a model is written in them.

This runs in the sandbox: the models are those of strangers, and may be anything that calls itself one.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

from mxt.errors import ModelError
from mxt.predictors.base.archives import REVIEWED

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


class Form(ABC):
    """How models of one library are written without code."""

    library: ClassVar[str]
    """The library's top-level module."""
    ending: ClassVar[str]
    """Ending of the file's name."""
    beginning: ClassVar[bytes]
    """First bytes of the file."""
    categorical: ClassVar[bool] = False
    """Whether columns of texts are categories of pandas."""

    @abstractmethod
    def written(self, native: Any) -> bytes:
        """The model in this form.

        Raises:
            ModelError: The form cannot hold it; the message says why.
        """

    @abstractmethod
    def read(self, content: bytes, kind: str) -> Any:
        """The model again, from what `written` gave and the name of its class."""

    @abstractmethod
    def columns(self, native: Any) -> list[str]:
        """The columns that the model names; empty if it was fitted to numbers without names."""

    def predicted(self, native: Any, rows: pd.DataFrame) -> list[np.ndarray]:
        """What the library itself predicts for rows: probabilities or scores, then labels or numbers."""
        import numpy as np

        scores = [name for name in ("predict_proba", "decision_function") if hasattr(native, name)]
        return [np.asarray(getattr(native, name)(rows)) for name in (*scores[:1], "predict")]


class XgboostForm(Form):
    """UBJSON, as xgboost writes it."""

    library: ClassVar[str] = "xgboost"
    ending: ClassVar[str] = ".ubj"
    beginning: ClassVar[bytes] = b"{L"
    categorical: ClassVar[bool] = True

    def written(self, native: Any) -> bytes:
        if type(native).__name__ == "Booster":
            return bytes(native.save_raw("ubj"))
        if native.missing is not None and native.missing == native.missing:
            msg = f"it takes the number {native.missing!r} for a missing value, which UBJSON does not hold"
            raise ModelError(msg)
        booster = native.get_booster()
        booster.set_attr(scikit_learn=json.dumps({"_estimator_type": native._get_type()}))  # noqa: SLF001 - as save_model
        return bytes(booster.save_raw("ubj"))

    def read(self, content: bytes, kind: str) -> Any:
        import xgboost

        native = getattr(xgboost, kind)()
        native.load_model(bytearray(content))
        return native

    def columns(self, native: Any) -> list[str]:
        booster = getattr(native, "get_booster", lambda: native)()
        return [*(booster.feature_names or [])]

    def predicted(self, native: Any, rows: pd.DataFrame) -> list[np.ndarray]:
        if type(native).__name__ != "Booster":
            return super().predicted(native, rows)
        import xgboost as xgb

        names = native.feature_names
        matrix = xgb.DMatrix(rows if names else rows.to_numpy(), enable_categorical=True)
        return [native.predict(matrix), native.predict(matrix, output_margin=True)]


class LightgbmForm(Form):
    """LightGBM's text, up to the best round; of a wrapper, the text of its booster."""

    library: ClassVar[str] = "lightgbm"
    ending: ClassVar[str] = ".txt"
    beginning: ClassVar[bytes] = b"tree\n"
    categorical: ClassVar[bool] = True

    def written(self, native: Any) -> bytes:
        return str(_booster(native).model_to_string()).encode()

    def read(self, content: bytes, kind: str) -> Any:
        import lightgbm

        del kind  # the text holds a booster, whatever wrapped it
        return lightgbm.Booster(model_str=content.decode())

    def columns(self, native: Any) -> list[str]:
        return [*_booster(native).feature_name()]

    def predicted(self, native: Any, rows: pd.DataFrame) -> list[np.ndarray]:
        import numpy as np

        if not hasattr(native, "predict_proba"):
            return [np.asarray(native.predict(rows))]
        chances = np.asarray(native.predict_proba(rows))
        return [chances[:, 1] if chances.ndim > 1 and chances.shape[1] == 2 else chances]  # noqa: PLR2004 - two classes


def _booster(native: Any) -> Any:
    return getattr(native, "booster_", native)


class CatboostForm(Form):
    """CatBoost's binary form."""

    library: ClassVar[str] = "catboost"
    ending: ClassVar[str] = ".cbm"
    beginning: ClassVar[bytes] = b"CBM1"

    def written(self, native: Any) -> bytes:
        return bytes(native._serialize_model())  # noqa: SLF001 - as its pickling does; else it needs a file to write

    def read(self, content: bytes, kind: str) -> Any:
        import catboost

        native = getattr(catboost, kind)()
        native.load_model(blob=content)
        return native

    def columns(self, native: Any) -> list[str]:
        return [str(name) for name in native.feature_names_]


class SklearnForm(Form):
    """The format of skops, made of types that skops and MXT trust."""

    library: ClassVar[str] = "sklearn"
    ending: ClassVar[str] = ".skops"
    beginning: ClassVar[bytes] = b"PK\x03\x04"

    def written(self, native: Any) -> bytes:
        import skops.io

        content = bytes(skops.io.dumps(native))
        if others := sorted({*skops.io.get_untrusted_types(data=content)} - REVIEWED):
            msg = (
                f"it is made of {', '.join(others[:5])}, which MXT has not reviewed, so skops cannot hold it"
            )
            raise ModelError(msg)
        return content

    def read(self, content: bytes, kind: str) -> Any:
        import skops.io

        del kind  # the archive names it
        return skops.io.loads(content, trusted=sorted(REVIEWED))

    def columns(self, native: Any) -> list[str]:
        return [str(name) for name in getattr(native, "feature_names_in_", [])]


FORMS: dict[str, Form] = {
    form.library: form for form in (XgboostForm(), LightgbmForm(), CatboostForm(), SklearnForm())
}


def form_of(native: Any) -> Form:
    """The form that holds a model.

    Raises:
        ModelError: None does.
    """
    kind = type(native)
    form = FORMS.get(str(kind.__module__).partition(".")[0])
    if form is None or not hasattr(native, "predict"):
        msg = (
            f"it holds an object of {kind.__module__}.{kind.__name__}; fitted models of xgboost, LightGBM, "
            "CatBoost and scikit-learn can be converted"
        )
        raise ModelError(msg)
    return form
