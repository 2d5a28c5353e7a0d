"""The names of a booster's categories, also where xgboost has stored only a part of them.

xgboost 3.2 counts characters where it needs bytes (`pd_cat_inf` in its ``_data_utils.py``): of categories
beyond ASCII it stores where each begins as a number of characters, and as many bytes of their joined text as
it has characters. So the last names are cut, and the others can be read only by characters. xgboost 3.4
stores bytes. The same booster may be read in both ways; what then differs is `UNCLEAR`.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import pandas as pd

    from mxt.predictors.xgboost.trees import Document

UNSEEN = -1
"""Stands for the code of a value that is no category."""

UNCLEAR = -2
"""Stands for the code of a value that may be one of several categories, or none."""


@dataclass(frozen=True)
class Cut:
    """A name of which only a part is stored."""

    code: int
    start: bytes
    """Its first bytes."""
    length: int
    """Its characters."""

    def fits(self, value: object) -> bool:
        """Whether the name may be this value."""
        return isinstance(value, str) and len(value) == self.length and value.encode().startswith(self.start)

    @property
    def text(self) -> str:
        """Its first characters."""
        return self.start.decode(errors="ignore")

    @property
    def mostly(self) -> bool:
        """Whether half of its characters are stored at least."""
        return 2 * len(self.text) >= self.length


@dataclass(frozen=True)
class Names:
    """The categories of one column."""

    codes: dict[object, int]
    """The code of each name, `UNCLEAR` where it has several."""
    cut: tuple[Cut, ...] = ()
    """The categories whose names are cut."""
    stored: tuple[bytes, tuple[int, ...]] = (b"", ())
    """The joined names, and where each begins."""

    @classmethod
    def read(cls, column: Document) -> Names:
        """Read them from a booster's document: whole numbers, or joined texts and where each begins.

        Raises:
            ValueError: They are no texts.
        """
        import numpy as np

        values = np.asarray(column["values"])
        if "offsets" not in column:
            return cls({value: code for code, value in enumerate(values.tolist())})
        joined, ends = values.astype(np.uint8).tobytes(), tuple(np.asarray(column["offsets"]).tolist())
        by_bytes = _by_bytes(joined, ends)
        if joined.isascii() and by_bytes is not None:
            return cls({name: code for code, name in enumerate(by_bytes)})
        whole, cut = _by_characters(joined, ends)
        if by_bytes is None:
            return cls(whole, cut, (joined, ends))
        codes: dict[object, int] = {name: code for code, name in enumerate(by_bytes)}
        starts = [*whole, *(each.text for each in cut if each.text)]
        if by_bytes == sorted(by_bytes) and starts != sorted(map(str, starts)):
            return cls(codes)  # as pandas sorts categories
        unclear = {
            name
            for name, code in codes.items()
            if whole.get(name, code) != code
            or any(each.fits(name) and each.code != code for each in cut if name not in whole)
        }
        return cls({**whole, **codes, **dict.fromkeys(unclear, UNCLEAR)}, cut, (joined, ends))

    @cached_property
    def listed(self) -> pd.Index | None:
        """The categories by code; None if some are cut, or may be."""
        import pandas as pd

        return None if self.cut else pd.Index(list(self.codes), dtype=object)

    def codes_of(self, values: Sequence[object], categories: Sequence[object]) -> np.ndarray:
        """The code of each value, `UNSEEN` or `UNCLEAR` where it has none.

        Args:
            values: Different values that are not missing.
            categories: All categories that the column declares; they may be the booster's own.
        """
        import numpy as np

        codes = np.array([self.codes.get(value, UNSEEN) for value in values], dtype=np.int64)
        if not self.cut:
            return codes
        own = {name: code for code, name in enumerate(categories)} if self._are_own(categories) else {}
        others = [value for value in values if value not in self.codes]
        for place, value in enumerate(values):
            fitting = [cut for cut in self.cut if cut.fits(value)]
            if value in own:
                codes[place] = own[value]
            elif codes[place] == UNSEEN and fitting:
                first = fitting[0]
                alone = len(fitting) == 1 and sum(map(first.fits, others)) == 1
                codes[place] = first.code if alone and first.mostly else UNCLEAR
        return codes

    def _are_own(self, categories: Sequence[object]) -> bool:
        """Whether xgboost would store these categories, and no others of them, as it stored its own."""
        names = [name for name in categories if isinstance(name, str)]
        joined, ends = self.stored
        if len(names) < len(categories) or tuple(accumulate(map(len, names), initial=0)) != ends:
            return False
        left = [names[cut.code] for cut in self.cut]
        for cut in self.cut:
            if sum(map(cut.fits, left)) != 1:
                return False
            left.remove(names[cut.code])
        return "".join(names).encode()[: len(joined)] == joined


def _by_bytes(joined: bytes, ends: Sequence[int]) -> list[str] | None:
    """The names, if each begins at a byte; None if they are no different texts then."""
    try:
        names = [joined[start:end].decode() for start, end in pairwise(ends)]
    except UnicodeDecodeError:
        return None
    return names if len({*names}) == len(names) else None


def _by_characters(joined: bytes, ends: Sequence[int]) -> tuple[dict[object, int], tuple[Cut, ...]]:
    """The names, if each begins at a character: the code of each, and those that are cut."""
    text = codecs.getincrementaldecoder("utf-8")().decode(joined)
    whole: dict[object, int] = {}
    cut = []
    for code, (start, end) in enumerate(pairwise(ends)):
        if end <= len(text) or start == end:
            whole[text[start:end]] = code
        else:
            left = joined[len(text[:start].encode()) :] if start <= len(text) else b""
            cut.append(Cut(code, left, end - start))
    return whole, tuple(cut)
