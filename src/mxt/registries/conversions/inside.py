"""What a conversion does in the sandbox: open the pickle, write it in a form without code, and predict.

Whatever comes from here is a stranger's word; `convert` checks it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mxt.errors import ModelError
from mxt.registries.conversions.forms import FORMS, Form, form_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    import pandas as pd


def opened(file: str, rows: str) -> bytes:
    """Open a pickle, and give a line of JSON about it, what it predicts for rows, and its other form.

    Args:
        file: The pickle.
        rows: A Parquet file.

    Raises:
        ModelError: It cannot be opened or converted; the message says why.
    """
    native = _opened(file)
    form = form_of(native)
    table = _inputs(form, native, rows)
    predicted = _predicted(form, native, table)
    content = form.written(native)
    facts = {
        "library": form.library,
        "kind": type(native).__name__,
        "columns": [str(name) for name in table.columns],
        "classes": _plain(getattr(native, "classes_", [])),
        "predicted": len(predicted),
    }
    return json.dumps(facts).encode() + b"\n" + predicted + content


def reopened(file: str, library: str, kind: str, rows: str) -> bytes:
    """What a model in a form without code predicts for rows.

    Raises:
        ModelError: It cannot be read.
    """
    form = FORMS[library]
    native = form.read(Path(file).read_bytes(), kind)
    return _predicted(form, native, _inputs(form, native, rows))


def _opened(file: str) -> Any:
    """The object in a pickle, also of joblib; this is where its code runs."""
    import joblib

    try:
        return joblib.load(file)
    except ModuleNotFoundError as error:
        name = str(error.name)
        named = all(map(str.isidentifier, name.split(".")))
        msg = f"it needs the module {name}, which is not installed here" if named else "it is no pickle"
        raise ModelError(msg) from error
    except AttributeError as error:
        what = repr(error.name) if error.name else "something"
        msg = f"it names {what} that a module does not have here"
        raise ModelError(msg) from error
    except OSError as error:
        msg = f"opening it needs what the sandbox forbids ({type(error).__name__})"
        raise ModelError(msg) from error
    except Exception as error:
        msg = f"opening it fails ({type(error).__name__})"
        raise ModelError(msg) from error


def _inputs(form: Form, native: Any, rows: str) -> pd.DataFrame:
    """The columns of a table that a model takes, as its library takes them.

    Raises:
        ModelError: The table lacks some.
    """
    import pandas as pd

    from mxt.predictors.base.columns import source_columns

    table = pd.read_parquet(rows)
    given = [str(name) for name in table.columns]
    names = form.columns(native)
    count = int(getattr(native, "n_features_in_", len(given)))
    if not names and count != len(given):
        msg = f"it takes {count} columns and names none of them; name a table of these alone by --rows"
        raise ModelError(msg)
    chosen = source_columns(names, given) if names else given
    if lost := [name for name in chosen if name not in given]:
        msg = f"the golden rows lack {len(lost)} of its columns: {', '.join(lost[:5])}"
        raise ModelError(msg)
    inputs = table[chosen].set_axis(names or chosen, axis="columns")
    texts = [name for name in inputs if not pd.api.types.is_numeric_dtype(inputs[name])]
    if form.categorical:
        return inputs.astype(dict.fromkeys(texts, "category"))
    return inputs


def _predicted(form: Form, native: Any, rows: pd.DataFrame) -> bytes:
    """What a model predicts for rows, as bytes that are equal only if every bit is.

    Raises:
        ModelError: It predicts nothing for them.
    """
    try:
        return b"".join(_bytes(form.predicted(native, rows)))
    except Exception as error:
        msg = (
            f"it does not take the golden rows ({type(error).__name__}); name a table that it takes, such as "
            "its training's, by --rows TABLE"
        )
        raise ModelError(msg) from error


def _bytes(arrays: Iterable[np.ndarray]) -> Iterable[bytes]:
    for array in arrays:
        numeric = array.dtype.kind in "fiub"
        yield f"{array.dtype if numeric else 'text'} {array.shape}\n".encode()
        yield array.tobytes() if numeric else "\0".join(map(str, array.ravel())).encode()


def _plain(classes: Any) -> list[str | int | float | bool]:
    """Labels as JSON holds them."""
    listed = classes.tolist() if hasattr(classes, "tolist") else [*classes]
    return [label if isinstance(label, (str, int, float, bool)) else str(label) for label in listed]
