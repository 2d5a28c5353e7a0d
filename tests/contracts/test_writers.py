"""What every writer owes: all of the table, in one step, with where it comes from."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import fsspec
import numpy as np
import pandas as pd
import pytest

from contracts.stores import CANARY, Store, every_type, special, store, stores
from mxt.configs.addresses import Address
from mxt.datasets.fingerprint import fingerprint
from mxt.datasets.tables import to_batch
from mxt.datasets.writers.base import Provenance, Writer
from mxt.errors import DataError
from mxt.kinds import members

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pyarrow as pa

each_store = pytest.mark.parametrize("name", stores())
in_files = [name for name, kind in members(Writer).items() if "path" in kind.model_fields]


def names_under(folder: Path) -> set[str]:
    """The files and folders of a folder; those of a partitioned one have names of Arrow's choice."""
    return {path.name for path in folder.iterdir()}


@each_store
def test_a_table_comes_back_as_it_was_written(name: str, tmp_path: Path) -> None:
    table, place = every_type(50), store(name, tmp_path)
    assert place.writer.write(table) == 50
    pd.testing.assert_frame_equal(place.read(), table)


@each_store
def test_a_writer_tells_what_it_writes_on_this_machine(name: str, tmp_path: Path) -> None:
    writer = store(name, tmp_path).writer
    writer.write(every_type(9))
    in_a_file = type(writer).__name__ in in_files
    assert (writer.local is not None) == in_a_file
    assert writer.local is None or writer.local.exists()
    if in_a_file:
        assert writer.model_copy(update={"path": "memory://table"}).local is None


@each_store
def test_a_stream_is_written_as_the_whole_is(name: str, tmp_path: Path) -> None:
    table, place = every_type(50), store(name, tmp_path)
    place.writer.write(table)
    whole = fingerprint(place.reader().arrow())
    parts = (table.iloc[start : start + 7] for start in range(0, 50, 7))
    assert place.writer.write(parts) == 50
    assert fingerprint(place.reader().arrow()) == whole


@each_store
def test_a_later_part_may_miss_what_the_first_has(name: str, tmp_path: Path) -> None:
    place = store(name, tmp_path)
    ids = pd.Index(["a", "b", "c"], name="id")
    table = pd.DataFrame({"whole": [1.0, 2.0, np.nan], "part": ["x", "y", "x"]}, index=ids)
    place.writer.write([table.head(2).astype({"whole": "int64"}), table.tail(1)])
    pd.testing.assert_series_equal(place.read(**without_types(place.options))["whole"], table["whole"])


def without_types(options: dict[str, object]) -> dict[str, object]:
    """No types for columns that the table does not have."""
    return {"types": {}} if "types" in options else {}


@each_store
def test_a_second_write_replaces_the_first(name: str, tmp_path: Path) -> None:
    place = store(name, tmp_path)
    place.writer.write(every_type(50))
    left = names_under(tmp_path)
    place.writer.write(every_type(9))
    pd.testing.assert_frame_equal(place.read(), every_type(9))
    assert names_under(tmp_path) == left


@each_store
def test_provenance_is_kept_with_the_output_and_read_back(name: str, tmp_path: Path) -> None:
    writer = store(name, tmp_path).writer
    assert writer.provenance() is None
    for version in ("7", "8"):
        writer.write(every_type(5), Provenance({"model": f"models:/churn/{version}"}))
        told = writer.provenance()
        assert told is not None
        assert told.facts["model"] == f"models:/churn/{version}"
        assert list(json.loads(told.facts["columns"])) == ["id", *every_type(1).columns]


def add(writer: Writer, table: pd.DataFrame, facts: dict[str, str]) -> int:
    """Add a table in parts of 9 rows to what the writer's target holds."""
    present = writer.provenance()
    assert present is not None
    parts = (to_batch(table.iloc[start : start + 9]) for start in range(0, len(table), 9))
    return writer.add_arrow(parts, Provenance(facts), present)


@each_store
def test_rows_are_added_after_those_of_the_present_output(name: str, tmp_path: Path) -> None:
    table, place = every_type(50), store(name, tmp_path)
    place.writer.write(table.head(20), Provenance({"run": "1"}))
    left = names_under(tmp_path)
    assert add(place.writer, table.iloc[20:45], {"run": "2"}) == 25
    assert add(place.writer, table.iloc[45:], {"run": "3"}) == 5
    pd.testing.assert_frame_equal(place.read(), table)
    assert names_under(tmp_path) == left
    told = place.writer.provenance()
    assert told is not None
    assert told.facts["run"] == "3"
    if "by part" not in name:
        assert place.reader().read().index.tolist() == table.index.tolist()


@each_store
def test_rows_are_not_added_to_an_output_that_has_changed(name: str, tmp_path: Path) -> None:
    place = store(name, tmp_path)
    place.writer.write(every_type(20), Provenance({"run": "1"}))
    before = place.writer.provenance()
    assert before is not None
    place.writer.write(every_type(30), Provenance({"run": "2"}))
    with pytest.raises(DataError, match="another run has changed it meanwhile"):
        place.writer.add_arrow(iter([to_batch(every_type(9))]), Provenance({"run": "3"}), before)
    pd.testing.assert_frame_equal(place.read(), every_type(30))


@each_store
@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda table: table.rename(columns={"whole": "other"}), r"\['other', 'whole'\]"),
        (lambda table: table.astype({"whole": "float64"}), r"\['whole'\]"),
        (lambda table: table[[*table.columns[1:], "whole"]], "have all"),
    ],
    ids=["name", "type", "place"],
)
def test_rows_of_other_columns_are_not_added(
    name: str, change: Callable[[pd.DataFrame], pd.DataFrame], named: str, tmp_path: Path
) -> None:
    place = store(name, tmp_path)
    place.writer.write(every_type(20))
    with pytest.raises(DataError, match=f"not those of the new rows.*{named}.*--fresh"):
        add(place.writer, change(every_type(30)), {})
    pd.testing.assert_frame_equal(place.read(), every_type(20))


@each_store
def test_rows_that_cannot_all_be_added_leave_the_previous_output(name: str, tmp_path: Path) -> None:
    place = store(name, tmp_path)
    place.writer.write(every_type(50), Provenance({"run": "1"}))
    left, before = names_under(tmp_path), place.writer.provenance()
    assert before is not None

    def failing() -> Iterator[pa.RecordBatch]:
        yield to_batch(every_type(3000))
        msg = "the second part is bad"
        raise DataError(msg)

    with pytest.raises(DataError, match="second part is bad"):
        place.writer.add_arrow(failing(), Provenance({"run": "2"}), before)
    pd.testing.assert_frame_equal(place.read(), every_type(50))
    assert names_under(tmp_path) == left
    assert place.writer.provenance() == before


@each_store
@pytest.mark.parametrize("failure", [DataError("the third part is bad"), RuntimeError("a bug")])
def test_a_stream_that_fails_leaves_the_previous_output(
    name: str, failure: Exception, tmp_path: Path
) -> None:
    place = store(name, tmp_path)
    place.writer.write(every_type(50))
    left = names_under(tmp_path)

    def failing() -> Iterator[pd.DataFrame]:
        yield every_type(3000)
        yield every_type(3000)
        raise failure

    with pytest.raises(type(failure), match=str(failure)):
        place.writer.write(failing())
    pd.testing.assert_frame_equal(place.read(), every_type(50))
    assert names_under(tmp_path) == left


@each_store
def test_a_stream_that_fails_first_of_all_leaves_nothing(name: str, tmp_path: Path) -> None:
    parts = [every_type(9), every_type(9).rename(columns={"whole": "other"})]
    with pytest.raises(DataError, match="other columns or types"):
        store(name, tmp_path).writer.write(parts)
    assert not {path for path in tmp_path.rglob("*") if path.is_file() and path.suffix != ".db"}


@each_store
@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ([], "nothing to write"),
        ([every_type(3), every_type(3).drop(columns="flag")], "other columns"),
        ([every_type(3), every_type(3).assign(whole=CANARY)], "other columns or types"),
        ([every_type(3).assign(whole=pd.Series([1, CANARY, 2.5], dtype=object).to_numpy())], "mixes types"),
    ],
)
def test_parts_that_do_not_fit_are_refused_without_their_cells(
    name: str, parts: list[pd.DataFrame], reason: str, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match=reason) as caught:
        store(name, tmp_path).writer.write(parts)
    assert CANARY not in str(caught.value)


FULL_DISK = """
import json, resource, sys
import pandas as pd
from mxt.datasets.writers.base import Writer
from mxt.errors import DataError
from mxt.kinds import members

cells = [f"{number * 2654435761 % 2**32:08x}" for number in range(60_000)]
table = pd.DataFrame({"text": cells, "part": "x"}, index=pd.RangeIndex(60_000, name="id"))
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
for name, place in json.loads(sys.argv[1]):
    writer = members(Writer)[name].model_validate_json(place)
    try:
        print("no error:", writer.write(table))
    except DataError as error:
        print(error)
"""


def test_a_full_disk_is_told_and_leaves_the_previous_output(tmp_path: Path) -> None:
    places = {}
    for name in stores():
        folder = tmp_path / name
        folder.mkdir()
        places[name] = store(name, folder)
        places[name].writer.write(every_type(50))
    left = {name: names_under(tmp_path / name) for name in places}
    kinds = [(type(place.writer).__name__, place.writer.model_dump_json()) for place in places.values()]
    ended = subprocess.run(
        [sys.executable, "-c", FULL_DISK, json.dumps(kinds)], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    for told, (name, place) in zip(ended.stdout.splitlines(), places.items(), strict=True):
        assert told.startswith(place.writer.target.removesuffix(" table stored")), told
        pd.testing.assert_frame_equal(place.read(), every_type(50))
        assert names_under(tmp_path / name) == left[name]


@pytest.mark.parametrize("name", in_files)
def test_a_url_is_written_like_a_file(name: str) -> None:
    place = store(name, f"memory://{name}")
    place.writer.write(every_type(20))
    pd.testing.assert_frame_equal(place.read(), every_type(20))
    left = fsspec.filesystem("memory").find(f"/{name}")

    with pytest.raises(DataError):
        place.writer.write([every_type(9), every_type(9).drop(columns="flag")])
    pd.testing.assert_frame_equal(place.read(), every_type(20))
    assert fsspec.filesystem("memory").find(f"/{name}") == left
    add(place.writer, every_type(30).tail(10), {"run": "2"})
    pd.testing.assert_frame_equal(place.read(), every_type(30))
    assert fsspec.filesystem("memory").find(f"/{name}") == left


def lone(name: str, folder: Path) -> tuple[Store, Path]:
    """A store, and the file or folder of this machine that it writes."""
    place = store(name, folder)
    return place, place.writer.local or folder / "stored.db"


@each_store
@pytest.mark.parametrize("what", ["pipe", "socket", "device"])
def test_what_is_neither_a_file_nor_a_folder_is_not_replaced(name: str, what: str, tmp_path: Path) -> None:
    place, target = lone(name, tmp_path)
    special(target, what)
    left, mode = names_under(tmp_path), target.lstat().st_mode
    present = Provenance({"sha256": "x"})
    for attempt in (
        place.writer.require_writable,
        lambda: place.writer.write(every_type(3)),
        lambda: place.writer.add_arrow(iter([to_batch(every_type(3))]), present, present),
    ):
        with pytest.raises(DataError, match=f"neither a file nor a folder, but a {what}") as caught:
            attempt()
        assert str(caught.value).startswith(place.writer.target)
    with pytest.raises(DataError, match="neither a file nor a folder"):
        place.writer.provenance()
    assert (names_under(tmp_path), target.lstat().st_mode) == (left, mode)


@each_store
@pytest.mark.parametrize("there", [True, False], ids=["of a table", "of nothing yet"])
def test_a_link_stays_and_what_it_leads_to_is_written(name: str, there: bool, tmp_path: Path) -> None:  # noqa: FBT001
    for folder in ("links", "tables"):
        (tmp_path / folder).mkdir()
    linked, link = lone(name, tmp_path / "links")
    direct, target = lone(name, tmp_path / "tables")
    if there:
        direct.writer.write(every_type(20), Provenance({"run": "1"}))
    link.symlink_to(f"../tables/{target.name}")
    linked.writer.require_writable()
    linked.writer.write(every_type(9), Provenance({"run": "2"}))
    assert names_under(tmp_path / "links") == {link.name}
    assert link.is_symlink()
    for place in (linked, direct):
        pd.testing.assert_frame_equal(place.read(), every_type(9))
        known = place.writer.provenance()
        assert known is not None
        assert known.facts["run"] == "2"
    assert add(linked.writer, every_type(12).tail(3), {"run": "3"}) == 3
    pd.testing.assert_frame_equal(direct.read(), every_type(12))
    assert names_under(tmp_path / "links") == {link.name}


@each_store
def test_links_in_a_circle_are_refused_and_stay(name: str, tmp_path: Path) -> None:
    place, target = lone(name, tmp_path)
    target.symlink_to(target.name)
    with pytest.raises(DataError, match="a link that leads in a circle"):
        place.writer.write(every_type(3))
    assert target.is_symlink()
    assert names_under(tmp_path) == {target.name}


@each_store
def test_a_name_that_no_file_can_have_is_refused_before_any_work(name: str, tmp_path: Path) -> None:
    place, _ = lone(name, tmp_path / ("n" * 300))
    with pytest.raises(DataError, match="300 bytes"):
        place.writer.require_writable()


@each_store
def test_a_writer_names_all_that_it_leaves(name: str, tmp_path: Path) -> None:
    place, target = lone(name, tmp_path)
    place.writer.write(every_type(9))
    assert {str(tmp_path / left) for left in names_under(tmp_path)} <= {
        address.place for address in place.writer.writes_to
    }
    assert all(address.meets(Address.of(str(target))) for address in place.writer.writes_to[:1])


class HeldWriter(Writer):
    """As a package of its own may add a writer: it says where it writes, and no more."""

    KIND: Literal["HeldWriter"] = "HeldWriter"

    path: str

    @property
    def target(self) -> str:
        return self.path

    @property
    def local(self) -> Path:
        return Path(self.path)

    def provenance(self) -> Provenance | None:
        return None

    def write_batches(self, batches: Iterator[pa.RecordBatch], schema: pa.Schema, _: Provenance) -> None:
        msg = f"nothing may be written: {schema} {next(batches)}"
        raise AssertionError(msg)

    def add_batches(self, *_: object) -> None:
        raise AssertionError


@pytest.mark.parametrize("what", ["pipe", "socket", "device"])
def test_a_writer_of_another_package_is_held_to_the_same(what: str, tmp_path: Path) -> None:
    writer = HeldWriter(path=str(special(tmp_path / "special", what)))
    for attempt in (writer.require_writable, lambda: writer.write(every_type(3))):
        with pytest.raises(DataError, match=f"neither a file nor a folder, but a {what}"):
            attempt()
    assert writer.writes_to[0].meets(Address.of(str(tmp_path)))


@pytest.mark.parametrize("name", [name for name in stores() if name.startswith(("Csv", "Jsonl"))])
def test_a_link_beside_the_table_is_not_replaced_by_its_metadata(name: str, tmp_path: Path) -> None:
    place, target = lone(name, tmp_path)
    (tmp_path / "other").write_text("of somebody else")
    link = target.with_name(f"{target.name}-metadata.json")
    link.symlink_to("other")
    with pytest.raises(DataError, match=r"-metadata\.json is a link, which a file would replace"):
        place.writer.write(every_type(3))
    assert link.is_symlink()
    assert (tmp_path / "other").read_text() == "of somebody else"


def test_links_within_a_partitioned_folder_are_not_lost(tmp_path: Path) -> None:
    place, target = lone("ParquetWriter by part", tmp_path)
    place.writer.write(every_type(9))
    (tmp_path / "far").mkdir()
    (target / "part=far").symlink_to("../far")
    before = names_under(target)
    for attempt in (place.writer.require_writable, lambda: place.writer.write(every_type(3))):
        with pytest.raises(DataError, match="part=far is neither a file nor a folder"):
            attempt()
    assert names_under(target) == before
