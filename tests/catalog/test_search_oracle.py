"""The answer of the database is the answer of a plain filter, for random catalogs and searches."""

from __future__ import annotations

import operator
import string
from collections.abc import Callable, Sequence
from dataclasses import replace

from hypothesis import given, note, settings
from hypothesis import strategies as st

from modelshelf.catalog.search import search
from modelshelf.domain.query import Field, Query, Sort, Term, parse_query, parse_sort, read_number
from tests.catalog.search_catalogs import DIGEST, Shelved, catalog

MODELS = ("risk/churn", "risk/Fraud", "a")
WORDS = ("risk", "RISK", "Risk model", "50%_off", "x*y", 'a"b', "a!b", "été", "ÉTÉ", "É", "10", "")
NUMBERS = (0.5, -1.0, 1e300)
PARAMS = ("0.5", "5e-1", "1_0", "lbfgs", "lb", "", "nan")
DATASETS = ("customers", "customers v3", "customers eu v3", "rows")
DIGESTS = (DIGEST.format(0xAB), "ab12" + "0" * 60, "ab13" + "0" * 60, "f" * 64)
DATA = "sha256:" + "c" * 64
COMPARE: dict[str, Callable[[float, float], bool]] = {
    "=": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt,
    ">=": operator.ge,
}  # fmt: skip


def some(values: Sequence[str], most: int = 2) -> st.SearchStrategy[tuple[str, ...]]:
    """Choose a few of some texts."""
    return st.lists(st.sampled_from(values), max_size=most, unique=True).map(tuple)


def table(keys: str, values: st.SearchStrategy[str]) -> st.SearchStrategy[dict[str, str]]:
    """Choose text for some of the keys."""
    return st.dictionaries(st.sampled_from(keys), values)


SHELVED = st.builds(
    Shelved,
    id=st.just(0),
    model=st.sampled_from(MODELS),
    number=st.just(0),
    by=st.sampled_from(("ana", "ravi")),
    digest=st.sampled_from(DIGESTS),
    files=some(DIGESTS),
    size=st.integers(1, 3),
    format=st.sampled_from(("onnx", "pickle")),
    verdict=st.sampled_from(("clean", "warning")),
    archived=st.booleans(),
    yanked=st.none() | st.just("bad"),
    freed=st.booleans(),
    metrics=st.dictionaries(st.sampled_from("mn"), st.sampled_from(NUMBERS)),
    params=table("pq", st.sampled_from(PARAMS)),
    tags=table("tu", st.sampled_from(WORDS)),
    aliases=some(("champion", "best")),
    stages=some(("staging", "production")),
    datasets=st.lists(
        st.tuples(st.sampled_from(DATASETS), st.none() | st.just(DATA)),
        max_size=2,
        unique_by=lambda pair: pair[1] or pair[0],
    ).map(tuple),
)


def placed(drafts: Sequence[Shelved], stride: int) -> list[Shelved]:
    """Number the versions in the order of their ids, keep one holder of each alias.

    Ids that lie far apart speak of a large catalog, in which a few versions are better gathered;
    close together, of a small one that is walked.
    """
    owners = {name: ("ana", "ravi", "")[n % 3] for n, name in enumerate(MODELS)}
    numbers = dict.fromkeys(MODELS, 0)
    taken: set[tuple[str, str]] = set()
    versions = []
    for place, draft in enumerate(drafts, 1):
        numbers[draft.model] += 1
        aliases = tuple(a for a in draft.aliases if (draft.model, a) not in taken)
        taken |= {(draft.model, a) for a in aliases}
        versions.append(
            replace(
                draft, id=place * stride, number=numbers[draft.model], owner=owners[draft.model],
                aliases=aliases,
            )
        )  # fmt: skip
    return versions


def text_terms(field: Field, values: Sequence[str], key: str = "") -> st.SearchStrategy[Term]:
    """Ask for a text, its beginning, a part of it, or any."""
    named = [v for v in values if v]
    return st.one_of(
        st.builds(Term, st.just(field), st.just(key), value=st.sampled_from(values)),
        st.builds(
            lambda value, cut, pattern: Term(
                field, key, value=value[cut:] or value, pattern=pattern
            ),
            st.sampled_from(named),
            st.integers(0, 2),
            st.sampled_from(("prefix", "contains")),
        ),
        st.just(Term(field, key, pattern="any")),
    )


TYPED = st.sampled_from(
    [f"metrics.m{o}{n:g}" for o in COMPARE for n in NUMBERS]
    + [f"params.p{o}{n:g}" for o in COMPARE for n in (0.5, 10)]
    + [f'params.p:"{value}"' for value in PARAMS]
    + [f"is:{state}" for state in ("yanked", "archived", "draft", "freed", "latest")]
    + [f"digest:{digits}" for digits in ("ab1", "ab12", "f", "*", "ab12" + "0" * 60)]
    + ["metrics.n:*", "tag.t!=risk", 'tag.u!="É"', "tag.t!=Risk*", "params.q!=lb*", "params.q!=lb"]
    + ["stage:draft", "stage:archived", "verdict:clean", f"dataset:{DATA}", "model:risk/nobody"]
    + ["risk", "IS", "fraud", "50%", '"%_"', "été", "ÉTÉ", '"É"', '"x*y"', r'"a\"b"', "a!", "zz"]
).map(lambda text: parse_query(text).terms[0])
TERMS = st.one_of(
    TYPED,
    text_terms("model", MODELS),
    text_terms("owner", ("ana", "ravi", "nobody")),
    text_terms("by", ("ana", "ravi")),
    text_terms("format", ("onnx", "pickle")),
    text_terms("alias", ("champion", "best")),
    text_terms("stage", ("staging", "production")),
    text_terms("dataset", DATASETS),
    text_terms("tag", WORDS, "t"),
    text_terms("params", PARAMS, "p"),
)
ORDERS = ("newest", "oldest", "name", "-name", "size", "-size", "metrics.m", "-metrics.m")


def holds(term: Term, v: Shelved, latest: dict[str, int]) -> bool:
    """Say whether a version meets a term, in the plainest way."""
    return asked(term, v, latest) is not term.negated


def asked(term: Term, v: Shelved, latest: dict[str, int]) -> bool:
    """Say whether a version meets a term before it is turned round."""
    match term.field:
        case "text":
            return any(found(term.value, text) for text in (v.model, *v.tags.values()))
        case "metrics" | "params" | "tag":
            return keyed(term, v)
        case "is" | "stage" if term.pattern == "exact":
            return term.value in (*v.stages, *states(v, latest))
        case "dataset":
            return any(of_data(term, *dataset) for dataset in v.datasets)
        case _:
            return any(like(term, text) for text in texts(term, v))


def texts(term: Term, v: Shelved) -> Sequence[str]:
    """Return the texts that a term without a key looks at."""
    several = {"stage": v.stages, "alias": v.aliases, "digest": (v.digest, *v.files)}
    if term.field in several:
        return several[term.field]
    text = str(getattr(v, term.field))
    return (text,) if text or term.field != "owner" else ()


def states(v: Shelved, latest: dict[str, int]) -> list[str]:
    """Return the words for the state of a version."""
    label = "stage" if v.stages else "archived" if v.archived else "draft"
    said = {"yanked": v.yanked is not None, "freed": v.freed, "latest": v.number == latest[v.model]}
    return [label, *(word for word, true in said.items() if true)]


def like(term: Term, text: str) -> bool:
    """Say whether a text is what a term asks for."""
    return {
        "exact": text == term.value,
        "prefix": text.startswith(term.value),
        "contains": term.value in text,
        "any": True,
    }[term.pattern]


def of_data(term: Term, text: str, digest: str | None) -> bool:
    """Say whether a data set's label or digest is what a term asks for."""
    if term.pattern != "exact":
        return like(term, text)
    return term.value in (text, digest) or text.startswith(f"{term.value} ")


def found(word: str, text: str) -> bool:
    """Say whether a word stands in a text; short words fold only ASCII letters."""
    if word.isascii() or len(word) < 3:
        fold = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
        return word.translate(fold) in text.translate(fold)
    return word.lower() in text.lower()


def keyed(term: Term, v: Shelved) -> bool:
    """Say whether a metric, parameter or tag is what a term asks for."""
    values = {"metrics": v.metrics, "params": v.params, "tag": v.tags}[term.field]
    if term.key not in values:
        return False
    value = values[term.key]
    if term.number is None:
        return like(term, str(value)) is not (term.operator == "!=")
    number = value if isinstance(value, float) else read_number(str(value))
    return term.operator == "!=" if number is None else COMPARE[term.operator](number, term.number)


def ordered(versions: list[Shelved], sort: Sort) -> list[int]:
    """Return the ids in an order."""
    newest = sorted(versions, key=lambda v: -v.id)
    up = sorted(versions, key=lambda v: v.id)
    match sort.by:
        case "newest":
            chosen = newest
        case "oldest":
            chosen = up
        case "name":
            chosen = sorted(newest, key=lambda v: v.model, reverse=sort.descending)
        case "size":
            chosen = sorted(up, key=lambda v: (v.size, v.id), reverse=sort.descending)
        case _:
            having = [v for v in up if sort.key in v.metrics]
            having.sort(key=lambda v: (v.metrics[sort.key], v.id), reverse=sort.descending)
            chosen = [*having, *(v for v in newest if sort.key not in v.metrics)]
    return [v.id for v in chosen]


CATALOGS = st.builds(placed, st.lists(SHELVED, max_size=12), st.sampled_from((1, 100_000)))
ASKED = st.builds(lambda term, negated: replace(term, negated=negated), TERMS, st.booleans())


@settings(max_examples=600, deadline=None)
@given(
    CATALOGS,
    st.lists(ASKED, max_size=2),
    st.sampled_from(ORDERS).map(parse_sort),
    st.sampled_from((1, 2, 3, 50)),
)
def test_the_database_answers_as_a_plain_filter_does(
    versions: list[Shelved], terms: list[Term], sort: Sort, limit: int
) -> None:
    """The pages hold every version that meets all terms once, in order, and nothing else."""
    query = Query(tuple(terms), sort)
    note(f"{query}")
    assert parse_query(str(query)) == query
    latest = {v.model: v.number for v in versions}
    wanted = ordered([v for v in versions if all(holds(t, v, latest) for t in terms)], sort)
    answer: list[int] = []
    with catalog(versions) as connection:
        after: str | None = None
        for _ in range(len(versions) + 1):
            page, after = search(connection, query, limit=limit, after=after)
            assert len(page) <= limit
            answer += page
            if after is None:
                break
    assert after is None
    assert answer == wanted
