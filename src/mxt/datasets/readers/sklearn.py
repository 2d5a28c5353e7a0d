"""The small tables that scikit-learn ships."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from mxt.datasets.conditions import expression
from mxt.datasets.readers.base import Reader
from mxt.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa


class SklearnReader(Reader):
    """Reads a toy table of scikit-learn; the target is the last column, ``target``.

    Example:
        KIND: SklearnReader
        name: diabetes
    """

    KIND: Literal["SklearnReader"] = "SklearnReader"

    name: Literal["breast_cancer", "diabetes", "iris", "wine"]
    """Which table, as in ``sklearn.datasets.load_<name>``."""

    @property
    def source(self) -> str:
        return f"sklearn.datasets.load_{self.name}"

    def names(self) -> list[str]:
        return list(self._table().schema.names)

    def count(self) -> int:
        return int(self._filtered().num_rows)

    def scan(self, columns: list[str]) -> Iterator[pa.RecordBatch]:
        yield from self._filtered().select(columns).to_batches()

    def _filtered(self) -> pa.Table:
        import pyarrow as pa

        chosen = expression(self.filters, self._mark)
        try:
            return self._table() if chosen is None else self._table().filter(chosen)
        except (pa.ArrowException, TypeError, ValueError) as error:
            msg = f"{self.source}: the filters do not fit the columns ({type(error).__name__})."
            raise DataError(msg) from error

    def _table(self) -> pa.Table:
        import pyarrow as pa
        import sklearn.datasets

        bunch = getattr(sklearn.datasets, f"load_{self.name}")(as_frame=True)
        frame = bunch.frame
        if hasattr(bunch, "target_names"):
            frame = frame.assign(target=bunch.target_names[bunch.target].astype(object))
        return pa.Table.from_pandas(frame, preserve_index=False)
