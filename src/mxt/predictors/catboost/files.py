"""Files of CatBoost models, checked first: CatBoost trusts the numbers in them that lead from part to part.

Source: CatBoost's libs/model/flatbuffers (model.fbs, features.fbs, ctr_data.fbs) and libs/model/model.cpp.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from mxt.errors import ModelError
from mxt.predictors.catboost.flat import Table

if TYPE_CHECKING:
    import numpy as np

_BEGINNING = b"CBM1"
_STATISTICS = "static_provider_v1"
"""The part behind the trees that holds the statistics of categories."""
_FLOATS, _CATEGORIES = 5, 4
_DEEPEST = 16
_BY_CLASS, _MEANS = {0, 1}, {2, 3}
"""Statistics with a count for each class of the target, and those with a sum and a count."""
_BUCKET = [("hash", "<u8"), ("index", "<u4")]
_NO_HASH = 2**64 - 1
_BINS = 254
"""Borders of a feature that share a byte of a row."""

Base = tuple[int, bytes, bytes, bytes]


def require_whole(raw: bytes) -> None:
    """Raise a ModelError unless CatBoost can read a binary model without reading beyond its arrays."""
    try:
        sound = _is_sound(raw)
    except (struct.error, ValueError, IndexError, OverflowError) as error:
        msg = "its file was cut or is damaged; it cannot be read to its end"
        raise ModelError(msg) from error
    if not sound:
        msg = "its file is damaged: the parts of its trees do not fit together"
        raise ModelError(msg)


def parts_unchecked(raw: bytes) -> list[str]:
    """The names of the parts behind the trees that nothing but CatBoost reads, such as those of texts."""
    parts = [name.strip("\0") for name in _core(raw).texts(3)]
    return parts[1:] if parts[:1] == [_STATISTICS] else parts


def _core(raw: bytes) -> Table:
    """The part that holds the trees, and names the parts behind them."""
    return Table.root(raw[8 : 8 + struct.unpack_from("<I", raw, 4)[0]])


def _is_sound(raw: bytes) -> bool:
    end = 8 + struct.unpack_from("<I", raw, 4)[0]
    if raw[:4] != _BEGINNING or end > len(raw):
        return False
    core = _core(raw)
    trees, parts = core.table(1), core.texts(3)
    classes = _statistics(raw, end) if _STATISTICS in parts[:1] else {}
    return _columns(trees) and _trees(trees) and _uses(trees, classes)


def _columns(trees: Table) -> bool:
    """Whether columns have numbers of their own, and places in the table that no other column has."""
    kinds = [(trees.tables(field), field == _FLOATS) for field in (_FLOATS, _CATEGORIES, 12, 18)]
    own = [[each.number(second, "<i", -1) for each in kind] for kind, second in kinds]
    places = [each.number(second + 1, "<i", -1) for kind, second in kinds for each in kind]
    ordered = all(numbers == [*range(len(numbers))] for numbers in own)
    return ordered and sorted(places) == [*range(len(places))]


def _trees(trees: Table) -> bool:
    """Whether splits, nodes and leaves are those that the trees count."""
    import numpy as np

    outputs = trees.number(0, "<i", 0)
    splits, sizes, starts = (trees.array(field, "<i4") for field in (1, 2, 3))
    values, weights, biases = (trees.array(field, "<f8") for field in (8, 9, 16))
    borders = _borders(trees)
    ends = np.cumsum(sizes, dtype=np.int64)
    counted = outputs > 0 and len(starts) == len(sizes) and (sizes >= 0).all() and len(biases) in {0, outputs}
    if not (counted and (starts == ends - sizes).all() and (ends[-1:] == len(splits)).all()):
        return False
    if ((splits < 0) | (splits >= max(sum(borders), 1))).any() or not _bins(trees, borders, len(splits)):
        return False
    if len(steps := trees.array(10, "<u2,<u2")):
        leaves, whole = len(values) // outputs, _branches(trees, steps, ends, len(values) - outputs)
    else:
        leaves, whole = (
            int((1 << sizes.clip(0, _DEEPEST).astype(np.int64)).sum()),
            bool((sizes <= _DEEPEST).all()),
        )
    return whole and len(values) == leaves * outputs and len(weights) in {0, leaves}


def _borders(trees: Table) -> list[int]:
    """The number of borders, or values, of each feature that splits test."""
    fields = ((_FLOATS, 3, "<f4"), (13, 3, "<f4"), (6, 1, "<i4"), (7, 1, "<f4"))
    return [len(each.array(own, form)) for field, own, form in fields for each in trees.tables(field)]


def _bins(trees: Table, borders: list[int], splits: int) -> bool:
    """Whether the prepared splits, if there are any, test bytes that a row has."""
    bins = trees.array(17, "<u2,u1,u1")
    places = sum(-(-count // _BINS) for count in borders)
    return len(bins) in {0, splits} and bool((bins["f0"] < max(places, 1)).all())


def _branches(trees: Table, steps: np.ndarray, ends: np.ndarray, last: int) -> bool:
    """Whether each node of trees that are not oblivious leads to nodes of its tree, or to a leaf."""
    import numpy as np

    leaf = trees.array(11, "<u4")
    sizes = trees.array(2, "<i4")
    if not len(steps) == len(leaf) == int(sizes.sum()):
        return False
    left, right = steps["f0"].astype(np.int64), steps["f1"].astype(np.int64)
    within = np.arange(len(steps)) + np.maximum(left, right) < np.repeat(ends, sizes)
    return bool(within.all() and (leaf[(left == 0) | (right == 0)] <= last).all())


def _uses(trees: Table, classes: dict[Base, int]) -> bool:
    """Whether what the splits on categories name is there."""
    floats, categories = (len(trees.tables(field)) for field in (_FLOATS, _CATEGORIES))
    ctrs = [each.table(0) for each in trees.tables(7)]
    used = [each.number(0, "<i", -1) for each in trees.tables(6)]
    for base in (each.table(0).table(0) for each in ctrs):
        used += [*base.array(0, "<i4"), *base.array(2, "<i4,<i4")["f0"]]
        if not all(0 <= place < floats for place in base.array(1, "<i4,<f4")["f0"]):
            return False
    counted = all(0 <= each.number(1, "<i", 0) < classes.get(_base(each.table(0)), 0) for each in ctrs)
    return counted and all(0 <= place < categories for place in used)


def _statistics(raw: bytes, place: int) -> dict[Base, int]:
    """The counts of classes by what they are of; raises a ValueError if an index leads beyond them."""
    count = struct.unpack_from("<I", raw, place)[0]
    place += 4
    classes: dict[Base, int] = {}
    for _ in range(count):
        size = struct.unpack_from("<I", raw, place)[0]
        table = Table.root(raw[place + 4 : place + 4 + size])
        base, each = _base(table.table(0)), table.number(4, "<i", 0)
        width = 4 * each if base[0] in _BY_CLASS else 8 if base[0] in _MEANS else 4
        buckets, blob = table.array(1, "u1"), table.array(2, "u1")
        if width <= 0 or not _indexed(buckets, len(blob) // width):
            msg = "statistics that do not fit together"
            raise ValueError(msg)
        classes[base] = each if base[0] in _BY_CLASS else _NO_HASH
        place += 4 + size
    return classes


def _indexed(buckets: np.ndarray, counts: int) -> bool:
    """Whether a table of hashes has 2^n places, a free one among them, and leads to counts that are there."""
    import numpy as np

    table = np.frombuffer(buckets.tobytes(), _BUCKET)
    taken = table[table["hash"] != _NO_HASH]
    power = len(table) & (len(table) - 1) == 0
    return power and len(taken) < len(table) and bool((taken["index"] < counts).all())


def _base(base: Table) -> Base:
    """What a statistic is of: its kind, and the categories and splits that it combines."""
    combined = base.table(0)
    parts = [combined.array(field, form).tobytes() for field, form in ((0, "<i4"), (1, "<u8"), (2, "<u8"))]
    return base.number(1, "<b", 0), parts[0], parts[1], parts[2]
