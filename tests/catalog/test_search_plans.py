"""A search begins at the index meant for it and sorts nothing that an index has in order."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest

from modelshelf.catalog.search import search
from modelshelf.catalog.search_order import read_cursor
from modelshelf.catalog.search_plan import Search, Statement, choose, statements
from modelshelf.domain.query import parse_query, parse_sort
from tests.catalog.search_catalogs import Shelved, catalog, plan

SIZE = 900
HELD_OUT = (("held out", "sha256:9c41" + "0" * 60),)


def version(n: int) -> Shelved:
    """Return one of many versions of ten models."""
    return Shelved(
        n, f"risk/m{n % 10}", 1 + n // 10, owner="ana", size=n % 50, format="onnx",
        digest=f"{n * 7919:064x}", params={"lr": str(n % 9), "solver": "lbfgs"},
        metrics={"auc": (n * 37 % 101) / 101, "loss": n / SIZE, "flag": 1.0},
        tags={"team": "risk", "note": f"note {n % 60}"},
        aliases=("champion",) if n > SIZE - 10 else (), stages=("staging",) if n % 3 == 0 else (),
        datasets=((f"customers v{n % 9}", None), *(HELD_OUT if n % 300 == 0 else ())),
    )  # fmt: skip


@pytest.fixture(scope="module", params=["plain", "analysed"])
def connection(request: pytest.FixtureRequest) -> Iterator[sqlite3.Connection]:
    """Open a catalog, once as it comes and once with the statistics that ANALYZE leaves behind."""
    with catalog(map(version, range(1, SIZE + 1))) as opened:
        if request.param == "analysed":
            opened.execute("ANALYZE")
        yield opened


def planned(
    connection: sqlite3.Connection, text: str, sort: str
) -> list[tuple[Statement, list[str]]]:
    """Return the statements of the first and the second page, and the plan of each."""
    query, order = parse_query(text), parse_sort(sort)
    _, after = search(connection, query, sort=sort, limit=1)
    assert after is not None
    asked = [Search(query, order, 1, place) for place in (None, read_cursor(order, after))]
    made = [one for search_ in asked for one in statements(search_, choose(connection, search_))]
    return [(one, plan(connection, one.sql, {**one.values, "most": 2})) for one in made]


WALKED = [
    ("", "newest", "v"),
    ("", "oldest", "v"),
    ("", "name", "m USING COVERING INDEX sqlite_autoindex_model_1"),
    ("", "-name", "m USING COVERING INDEX sqlite_autoindex_model_1"),
    ("", "size", "v USING COVERING INDEX version_by_size"),
    ("tag.team:risk", "-size", "v USING COVERING INDEX version_by_size"),
    ("tag.team:risk", "newest", "d USING COVERING INDEX tag_by_value (key=? AND value=?"),
    ("tag.team:risk metrics.auc>0.2", "newest", "d USING COVERING INDEX tag_by_value"),
    ("metrics.auc>0.2 tag.team:risk", "oldest", "d USING COVERING INDEX tag_by_value"),
    (
        "tag.team:risk metrics.auc>0.2 params.lr<5 -tag.x:*",
        "newest",
        "d USING COVERING INDEX tag_by_v",
    ),
    ("metrics.auc>0.2 metrics.loss>0.1 params.lr<7 tag.note:note*", "newest", "v"),
    (
        "metrics.flag=1 params.lr>=1",
        "newest",
        "d USING COVERING INDEX metric_by_value (key=? AND value=?",
    ),
    (
        "params.solver=lbfgs",
        "newest",
        "d USING COVERING INDEX param_by_value (key=? AND number=? AND val",
    ),
    (
        "stage:staging metrics.auc>0.2",
        "newest",
        "d USING COVERING INDEX stage_holder_by_stage (stage=?",
    ),
    ("format:onnx tag.team:risk", "newest", "v USING"),
    (
        "model:risk/m3 metrics.auc>0.2",
        "newest",
        "v USING COVERING INDEX version_by_number (model_id=?",
    ),
    ("model:risk/m3", "oldest", "v USING COVERING INDEX version_by_number (model_id=?"),
    ("risk stage:*", "newest", "v"),
    ("dataset:customers owner:ana", "newest", "v"),
    ("tag.team:risk", "-metrics.auc", "s USING COVERING INDEX metric_by_value (key=?"),
    ("tag.team:risk -is:archived", "metrics.auc", "s USING COVERING INDEX metric_by_value (key=?"),
]


@pytest.mark.parametrize(
    ("text", "sort", "driving"), WALKED, ids=[f"{t} {s}" for t, s, _ in WALKED]
)
def test_a_walk_goes_along_an_index_and_probes_the_rest(
    connection: sqlite3.Connection, text: str, sort: str, driving: str
) -> None:
    """The driving index is the one meant, nothing is sorted, no other table is scanned."""
    first, *later = planned(connection, text, sort)
    assert first[1][0].startswith((f"SCAN {driving}", f"SEARCH {driving}")), first[1]
    for statement, lines in (first, *later):
        assert not [line for line in lines if "TEMP B-TREE" in line], (statement.sql, lines)
        assert not [line for line in lines[1:] if line.startswith("SCAN ")], (statement.sql, lines)


GATHERED = [
    ('tag.note:"note 7"', "-metrics.auc", "tag_by_value (key=? AND value=?"),
    ("metrics.auc>0.989", "newest", "metric_by_value (key=? AND value>?)"),
    ("digest:0000000000000000000000000000000000000000000000000000000000001*", "newest",
     "version_by_digest (digest>? AND digest<?)"),
    ("alias:champion", "size", "alias"),
    ("model:risk/m3*", "name", "model_1 (name>? AND name<?)"),
    ('dataset:"customers v3"', "newest", "edge_by_label (kind=? AND label=?)"),
    ('dataset:"customers@v3"', "newest", "edge_by_label (kind=? AND label=?)"),
    ('dataset:"customers v3"', "newest", "edge_by_parent (parent=?"),
    ("dataset:sha256:9c41*", "newest", "node_by_key (kind=? AND key>? AND key<?)"),
    ('"note 7"', "newest", "SCAN tag_text VIRTUAL TABLE"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "sort", "driving"), GATHERED, ids=[t for t, *_ in GATHERED])
def test_what_is_rare_is_gathered_from_its_own_index(
    connection: sqlite3.Connection, text: str, sort: str, driving: str
) -> None:
    """A term that leads to few versions drives in any order; no table of values is scanned."""
    query = parse_query(f"{text} tag.team:risk metrics.loss>0")
    asked = Search(query, parse_sort(sort), 500)
    choice = choose(connection, asked)
    assert (choice.term, choice.few, choice.none) == (query.terms[0], True, False)
    (statement,) = statements(asked, choice)
    lines = plan(connection, statement.sql, {**statement.values, "most": 2})
    assert any(driving in line for line in lines), lines
    scanned = [line for line in lines if line.startswith("SCAN ")]
    assert not [
        s for s in scanned if not s.startswith(("SCAN d", "SCAN tag_text", "SCAN model_text"))
    ]


def test_what_matches_nothing_is_known_from_the_count(connection: sqlite3.Connection) -> None:
    """A term without a single version ends the search before any statement of its own."""
    asked = Search(parse_query("metrics.auc>2 tag.team:risk"), parse_sort("name"), 50)
    assert list(statements(asked, choose(connection, asked))) == []


def test_nothing_a_person_typed_is_written_into_a_statement(connection: sqlite3.Connection) -> None:
    """Values and names are bound, in every kind of term, order and page."""
    nasty = "zq'; DROP TABLE version; --"
    key = "zq-drop"
    fields = ("stage", "format", "model", "owner", "by", "alias", "dataset", f"tag.{key}")
    values = (f'"{nasty}"', f'"{nasty}"*', f'*"{nasty}"*')
    texts = [f"{field}:{value}" for field in fields for value in values]
    texts += [f'tag.{key}!="{nasty}"*', f'params.{key}:"{nasty}"', f"params.{key}<77123"]
    texts += [f"metrics.{key}>=77123", "digest:77123abc", f'"{nasty}"', f'"{nasty}é"', "zq"]
    for text in texts:
        query = parse_query(text)
        for sort in ("newest", "name", "size", f"-metrics.{key}"):
            for few in (True, False):
                asked = Search(query, parse_sort(sort), 1)
                choice = type(choose(connection, asked))(query.terms[0] if few else None, few=few)
                for statement in statements(asked, choice):
                    assert "zq" not in statement.sql
                    assert "77123" not in statement.sql
                    connection.execute(statement.sql, {**statement.values, "most": 2}).fetchall()
    assert connection.execute("SELECT count(*) FROM version").fetchone() == (SIZE,)
