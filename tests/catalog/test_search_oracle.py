"""The database answers as a plain filter does, for every term and for random searches."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from modelshelf.catalog.search import search
from modelshelf.domain.query import Query, Term, parse_query, parse_sort
from tests.catalog.search_catalogs import DIGEST, Shelved, catalog
from tests.catalog.search_oracle import COMPARE, answer

MODELS = ("risk/churn", "risk/Fraud", "a")
OWNERS = {"risk/churn": "ana", "risk/Fraud": "ravi"}
WORDS = ("risk", "RISK", "Risk model", "50%_off", "x*y", 'a"b', "a!b", "été", "ÉTÉ", "É", "10", "")
NUMBERS = (0.5, -1.0, 1e300)
PARAMS = ("0.5", "5e-1", "1_0", "lbfgs", "lb", "", "nan")
DATASETS = ("customers", "customers v3", "customers eu v3", "rows")
DATA = "sha256:" + "c" * 64
DIGESTS = (DIGEST.format(0xAB), "ab12" + "0" * 60, "ab13" + "0" * 60, "f" * 64)
# Ids that lie far apart speak of a large catalog, in which a few versions are better gathered;
# close together, of a small one that is walked.
STRIDES = (1, 100_000)


def shelved(pick: random.Random) -> Shelved:
    """Choose everything about a version but its place."""

    def few(values: Sequence[str]) -> tuple[str, ...]:
        return tuple(v for v in values if pick.random() < 0.3)

    def table(keys: str, values: Sequence[str]) -> dict[str, str]:
        return {key: pick.choice(values) for key in keys if pick.random() < 0.7}

    datasets = [(label, None) for label in few(DATASETS)]
    held_out = [(pick.choice(DATASETS), DATA)] if pick.random() < 0.3 else []
    return Shelved(
        0, pick.choice(MODELS), 0,
        by=pick.choice(("ana", "ravi")),
        digest=pick.choice(DIGESTS),
        files=few(DIGESTS),
        size=pick.randint(1, 3),
        format=pick.choice(("onnx", "pickle")),
        verdict=pick.choice(("clean", "warning")),
        archived=pick.random() < 0.5,
        yanked=pick.choice((None, "bad")),
        freed=pick.random() < 0.3,
        metrics={key: pick.choice(NUMBERS) for key in "mn" if pick.random() < 0.7},
        params=table("pq", PARAMS),
        tags=table("tu", WORDS),
        aliases=few(("champion", "best")),
        stages=few(("staging", "production")),
        datasets=(*datasets, *held_out),
    )  # fmt: skip


def shelf(seed: int, size: int, stride: int) -> list[Shelved]:
    """Choose a catalog: numbers follow the ids, an alias has one holder in a model."""
    pick = random.Random(seed)  # noqa: S311 - test data
    numbers = dict.fromkeys(MODELS, 0)
    taken: set[tuple[str, str]] = set()
    versions = []
    for place in range(1, size + 1):
        draft = shelved(pick)
        model = draft.model
        numbers[model] += 1
        aliases = tuple(a for a in draft.aliases if (model, a) not in taken)
        taken |= {(model, a) for a in aliases}
        placed = replace(draft, id=place * stride, number=numbers[model], aliases=aliases)
        versions.append(replace(placed, owner=OWNERS.get(model, "")))
    return versions


def texts(field: str, values: Sequence[str]) -> list[str]:
    """Ask for texts, their beginnings, parts of them, and any."""
    shown = [value.replace('"', '\\"') for value in values]
    whole = [f'{field}:"{value}"' for value in shown]
    parts = [f'{field}:"{value[:3]}"*' for value in shown] + [
        f'{field}:*"{v[1:4]}"*' for v in shown
    ]
    return [*whole, *parts, f"{field}:*"]


ASKED = [
    *texts("model", (*MODELS, "nobody")),
    *texts("owner", ("ana", "ravi", "nobody")),
    *texts("by", ("ana", "ravi")),
    *texts("format", ("onnx", "pickle")),
    *texts("alias", ("champion", "best")),
    *texts("stage", ("staging", "production")),
    *texts("dataset", (*DATASETS, DATA)),
    *(f'dataset:"{label.replace(" ", "@", 1)}"' for label in DATASETS if '"' not in label),
    *("dataset:sha256:cccc*", "dataset:sha256:*", "dataset:sha256:c"),
    *texts("tag.t", WORDS),
    *texts("params.p", PARAMS),
    *(f"metrics.m{sign}{number:g}" for sign in COMPARE for number in (*NUMBERS, 0)),
    *(f"params.p{sign}{number:g}" for sign in COMPARE for number in (0.5, 10)),
    *(f"is:{state}" for state in ("yanked", "archived", "draft", "freed", "latest")),
    *(f"digest:{digits}" for digits in ("ab1", "ab12", "f", "*", "ab12" + "0" * 60)),
    *("metrics.n:*", "tag.t!=risk", 'tag.u!="É"', "tag.t!=Risk*", "params.q!=lb*", "params.q!=lb"),
    *("stage:draft", "stage:archived", "verdict:clean", 'model:"*"', 'tag.t:"x*"'),
    *("risk", "IS", "fraud", "50%", '"%_"', "été", "ÉTÉ", "é", "É", '"x*y"', r'"a\"b"', "a!", "zz"),
]
TERMS = [term for text in ASKED for term in parse_query(text).terms]
ORDERS = ("newest", "oldest", "name", "-name", "size", "-size", "metrics.m", "-metrics.m")


def pages(connection: sqlite3.Connection, query: Query, sort: str, limit: int) -> list[int]:
    """Return all ids a search finds, page after page."""
    found: list[int] = []
    after: str | None = None
    while True:
        page, after = search(connection, query, sort=sort, limit=limit, after=after)
        found += page
        assert len(page) == limit or after is None
        if after is None:
            return found


@pytest.mark.parametrize("sort", ORDERS)
@pytest.mark.parametrize("stride", STRIDES)
def test_every_term_finds_what_a_plain_filter_finds(stride: int, sort: str) -> None:
    """Each kind of term, and its opposite, in each order, walked and gathered, page by page."""
    versions = shelf(seed=7, size=24, stride=stride)
    with catalog(versions) as connection:
        for term in TERMS:
            for turned in (term, replace(term, negated=True)):
                query = Query((turned,))
                found = pages(connection, query, sort, limit=4)
                assert found == answer(versions, query, parse_sort(sort)), str(query)


@settings(max_examples=200, deadline=None)
@given(
    st.builds(shelf, st.integers(0, 10_000), st.integers(0, 24), st.sampled_from(STRIDES)),
    st.lists(
        st.builds(lambda t, n: replace(t, negated=n), st.sampled_from(TERMS), st.booleans()),
        max_size=4,
    ),
    st.sampled_from(ORDERS),
    st.sampled_from((1, 3, 50)),
)
def test_terms_together_find_what_a_plain_filter_finds(
    versions: list[Shelved], terms: list[Term], sort: str, limit: int
) -> None:
    """The pages hold every version that meets all terms once, in order, and nothing else."""
    query = Query(tuple(terms))
    note(f"{query} sort:{sort}")
    assert parse_query(str(query)) == query
    with catalog(versions) as connection:
        assert pages(connection, query, sort, limit) == answer(versions, query, parse_sort(sort))
