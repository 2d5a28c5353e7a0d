"""Which tables a query reads, and which it only looks up."""

from __future__ import annotations

import pytest

from mxt.datasets.queries import tables_in


@pytest.mark.parametrize(
    ("query", "tables"),
    [
        ("customers", {"customers": False}),
        (" Main.Customers ;\n", {"main.customers": False}),
        ('SELECT * FROM "Customers" c', {"customers": False}),
        ("select a from b, c as d where e in (1, f)", {"b": False, "c": False}),
        ("SELECT * FROM a LEFT JOIN public.b AS c ON a.id = c.id", {"a": False, "public.b": False}),
        ("SELECT * FROM a JOIN b USING (id), c", {"a": False, "b": False, "c": False}),
        ("WITH a AS (SELECT * FROM b) SELECT * FROM a", {"b": True}),
        ("SELECT * FROM a WHERE id NOT IN (SELECT id FROM b)", {"a": False, "b": True}),
        ("SELECT * FROM (SELECT * FROM a, b) AS c, d", {"a": True, "b": True, "d": False}),
        ("SELECT a, b FROM c GROUP BY a, b ORDER BY a, b LIMIT 1, 2", {"c": False}),
        ("SELECT 'from x' AS \"y\" FROM a -- from z\n/* from w */", {"a": False}),
        ("SELECT 1 FROM a UNION SELECT 2 FROM b", {"a": False, "b": False}),
    ],
)
def test_the_tables_of_a_query_are_those_after_from_and_join(query: str, tables: dict[str, bool]) -> None:
    assert tables_in(query) == tables
