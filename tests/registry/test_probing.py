"""Probes: real commands asked of real versions, what is kept of it, and what is refused."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import pytest

from modelshelf.domain.errors import Conflict, Corrupt, Invalid, NotFound, Refused
from modelshelf.registry import Registry, probing
from tests.registry.asking import Bench, bench, refused

ANSWER = """
import csv, os, sys
path, data = sys.argv[1:3]
seed = open(path, "rb").read()[-16]  # what the files of this test differ in
print("warning: said aside", file=sys.stderr)
assert os.environ["MODELSHELF_PATH"] == path and os.environ["MODELSHELF_DATA"] == data
for row in csv.DictReader(open(data)):
    answer = "yes" if int(row["size"]) > seed else "no"
    print(row["id"], answer, row["truth"], sep="\\t")
"""
EXAMPLES = "id,size,truth\na,1,yes\nb,2,yes\nc,3,no\nd,9,yes\n"
PROBE = """
[probes.holdout]
run = ["python", "probes/answer.py", "{path}", "{data}"]
data = "probes/holdout.csv"
timeout = 60
"""


def write(at: Bench, code: str, examples: str = EXAMPLES) -> None:
    """Write the command of the probe and its examples."""
    folder = at.path / "probes"
    folder.mkdir(exist_ok=True)
    (folder / "answer.py").write_text(code, "utf-8")
    (folder / "holdout.csv").write_text(examples, "utf-8")


def asked(at: Bench) -> int:
    """Return how often a version was asked."""
    return len(at().audit.entries(event="version.probed", limit=1_000))


def ask(at: Bench, reference: str = "churn:1", **options: bool) -> str:
    """Return why asking a version was refused."""
    return refused(lambda: at().comparisons.probe(reference, "holdout", **options), Refused)


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Bench]:
    """Return a registry with three versions and a probe."""
    with bench(tmp_path, PROBE) as made:
        write(made, ANSWER)
        yield made


def test_answers_are_kept_and_compared(at: Bench) -> None:
    """Three versions answer, flips are found, and the log and the tables stay whole."""
    comparisons = at().comparisons
    found = [comparisons.probe(f"churn:{n}", "holdout") for n in (1, 2, 3)]
    assert [each.rows for each in found] == [4, 4, 4]
    assert found[0].data == sha256(EXAMPLES.encode()).hexdigest()
    assert found[0].definition == at().policy.probes["holdout"].definition
    assert (found[0].reference, found[0].probe, found[0].actor) == ("churn:v1", "holdout", "ana")
    second, third = comparisons.behaviour(["churn:1", "churn:2", "churn:3"], "holdout")
    assert (second.baseline, second.reference, second.examples) == ("churn:v1", "churn:v2", 4)
    assert [(f.example, f.baseline, f.answer, f.truth) for f in second.flips] == [
        ("b", "yes", "no", "yes")
    ]
    assert (second.mended, second.broken, second.largest, second.only_one) == (0, 1, None, 0)
    assert [f.example for f in third.flips] == ["b", "c"]
    assert (third.mended, third.broken) == (1, 1)
    backwards = comparisons.behaviour(["churn:1", "churn:3"], "holdout", baseline="churn:3")
    assert [(b.baseline, b.reference) for b in backwards] == [("churn:v3", "churn:v1")]
    assert at().audit.verify(deep=True).problems == ()
    assert at().audit.entries(event="policy.recorded", limit=1)


def test_the_blob_is_canonical_and_survives_a_collection(at: Bench) -> None:
    """What is kept is one object a line, with the digest that the entry names; gc leaves it."""
    found = at().comparisons.probe("churn:1", "holdout")
    at.wait(days=400)
    at().upkeep.gc(at().upkeep.gc_plan(0))
    with at()._context.blobs.open(found.output) as stream:
        lines = stream.read().splitlines()
    assert lines[0] == b'{"answer":"no","id":"a","truth":"yes"}'
    assert [json.loads(line)["id"] for line in lines] == ["a", "b", "c", "d"]
    assert at().audit.entries(limit=1)[0].body["output"] == found.output


def test_known_answers_are_used_again_unless_forced(at: Bench) -> None:
    """The same probe and examples are not asked twice; force, another probe or others are."""
    probe = at().comparisons.probe
    first = probe("churn:1", "holdout")
    assert probe("churn:1", "holdout") == first
    assert asked(at) == 1
    again = probe("churn:1", "holdout", force=True)
    assert asked(at) == 2
    assert (again.output, again.data) == (first.output, first.data)
    assert again.id > first.id
    write(at, ANSWER, EXAMPLES + "e,5,no\n")
    assert probe("churn:1", "holdout").rows == 5
    at.rule(PROBE.replace('"{data}"]', '"{data}", "--new"]'))
    other = at().comparisons.probe("churn:1", "holdout")
    assert other.definition != first.definition
    assert asked(at) == 4
    at.rule(PROBE.replace('"{data}"]', '"{data}", "--new"]').replace("60", "90"))
    assert at().comparisons.probe("churn:1", "holdout").id == other.id


def test_only_answers_to_the_same_are_compared(at: Bench) -> None:
    """A version that was not asked, or asked something else, is named with what to run."""
    comparisons = at().comparisons
    comparisons.probe("churn:1", "holdout")
    both = ["churn:1", "churn:2"]
    said = refused(lambda: comparisons.behaviour(both, "holdout"), NotFound)
    assert "modelshelf probe churn:v2 --probe holdout" in said
    comparisons.probe("churn:2", "holdout")
    assert comparisons.behaviour(both, "holdout")
    write(at, ANSWER, EXAMPLES + "e,5,no\n")
    comparisons.probe("churn:2", "holdout")
    said = refused(lambda: comparisons.behaviour(both, "holdout"), NotFound)
    assert said.startswith("churn:v1 has not answered")
    assert "the probe set was another" in said
    at.rule(PROBE.replace("python", sys.executable))
    said = refused(lambda: at().comparisons.behaviour(both, "holdout"), NotFound)
    assert "the probe was another" in said


def test_a_comparison_takes_two_and_a_baseline_among_them(at: Bench) -> None:
    """One version, and a baseline that is none of them, are sentences."""
    comparisons = at().comparisons
    for n in (1, 2, 3):
        comparisons.probe(f"churn:{n}", "holdout")
    for one in ([], ["churn:1"], ["churn:1", "churn:v1"]):
        refused(lambda one=one: comparisons.behaviour(one, "holdout"), Invalid)  # type: ignore[misc]
    both = ["churn:1", "churn:2"]
    refused(lambda: comparisons.behaviour(both, "holdout", baseline="churn:3"), Invalid)
    refused(lambda: comparisons.behaviour(["churn:1", "churn:9"], "holdout"), NotFound)
    assert "Did you mean holdout?" in refused(
        lambda: comparisons.probe("churn:1", "holdut"), NotFound
    )


def test_the_past_shows_the_answers_of_then(at: Bench) -> None:
    """As of an entry, behaviour is compared by the answers of that moment; nothing is asked."""
    comparisons = at().comparisons
    comparisons.probe("churn:1", "holdout")
    then = comparisons.probe("churn:2", "holdout").id
    write(at, ANSWER.replace("> seed", ">= seed"), EXAMPLES.replace("9", "0"))
    for n in (1, 2):
        comparisons.probe(f"churn:{n}", "holdout")
    both = ["churn:1", "churn:2"]
    past: Registry = at().at(then)
    assert [f.example for f in past.comparisons.behaviour(both, "holdout")[0].flips] == ["b"]
    assert [f.example for f in comparisons.behaviour(both, "holdout")[0].flips] == ["a"]
    refused(lambda: at().at(then - 1).comparisons.behaviour(both, "holdout"), NotFound)
    refused(lambda: past.comparisons.probe("churn:1", "holdout"), Refused)


def test_a_probe_set_that_is_not_the_pinned_one_is_refused(at: Bench) -> None:
    """Both digests stand in the sentence's data, and the right one is let through."""
    right = sha256(EXAMPLES.encode()).hexdigest()
    at.rule(f'{PROBE}digest = "sha256:{right}"\n')
    at().comparisons.probe("churn:1", "holdout")
    write(at, ANSWER, EXAMPLES + "e,5,no\n")
    with pytest.raises(Refused) as caught:
        at().comparisons.probe("churn:1", "holdout")
    assert caught.value.required == f"sha256:{right}"
    assert caught.value.observed not in (None, caught.value.required)
    both = ["churn:1", "churn:2"]
    refused(lambda: at().comparisons.behaviour(both, "holdout"), Refused)


def test_examples_that_cannot_be_read_are_a_sentence(at: Bench) -> None:
    """A file that is gone, a folder, and a pipe that nobody writes to."""
    place = at.path / "probes" / "holdout.csv"
    place.unlink()
    refused(lambda: at().comparisons.probe("churn:1", "holdout"), NotFound)
    if hasattr(os, "mkfifo"):
        os.mkfifo(place)
        refused(lambda: at().comparisons.probe("churn:1", "holdout"), Invalid)
    at.rule(PROBE.replace("probes/holdout.csv", "probes"))
    if os.name != "nt":  # where a folder cannot be opened at all
        refused(lambda: at().comparisons.probe("churn:1", "holdout"), Invalid)


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("import sys; print('a\\tb'); sys.exit('no such model')", "no such model"),
        ("raise SystemExit(3)", "exit 3"),
        ("print('a\\tb'); print('hello')", "line 2 "),
        ("print('a\\tb'); print('a\\tc')", "answered twice"),
        ("import sys; sys.stdout.buffer.write(b'a\\t\\xff')", "UTF-8"),
        ("import sys; sys.stdout.buffer.write(b'a\\t\\x1b[31m')", "\\x1b"),
        ("print('x' * 70_000)", "too long"),
        ("pass", "answered nothing"),
        ("import os; os.kill(os.getpid(), 9)", "SIGKILL"),
    ],
)
def test_a_command_that_fails_or_babbles_is_refused(at: Bench, code: str, says: str) -> None:
    """Nothing is recorded, and the sentence says what happened and where."""
    if "kill" in code and os.name == "nt":
        pytest.skip("signals of POSIX")
    write(at, code)
    assert says in ask(at)
    assert asked(at) == 0


def test_what_is_said_aside_is_told_only_where_it_fails(at: Bench) -> None:
    """A secret on standard error is neither kept nor recorded; what it answered before is gone."""
    write(at, "import sys; print('a\\tb'); print('key=s3cr3t', file=sys.stderr)")
    found = at().comparisons.probe("churn:1", "holdout")
    with at()._context.blobs.open(found.output) as stream:
        assert stream.read() == b'{"answer":"b","id":"a"}\n'
    assert "s3cr3t" not in str([entry.body for entry in at().audit.entries(limit=100)])
    write(at, "import sys; print('a\\tc', flush=True); print('oops', file=sys.stderr); sys.exit(4)")
    assert "exit 4, oops" in ask(at, force=True)
    assert asked(at) == 1


def test_two_may_ask_one_version_at_once(at: Bench) -> None:
    """Both answers are recorded, whole and the same."""
    with ThreadPoolExecutor(2) as pool:
        waiting = [
            pool.submit(at("bo").comparisons.probe, "churn:1", "holdout", force=True)
            for _ in range(2)
        ]
        found = [each.result(60) for each in waiting]
    assert len({each.id for each in found}) == 2
    assert len({each.output for each in found}) == 1
    assert at().audit.verify(deep=True).problems == ()


def test_a_command_is_stopped_in_time_and_when_it_answers_too_much(
    at: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither an endless command nor an endless answer is waited for."""
    at.rule(PROBE.replace("60", "0.3"))
    write(at, "import time; time.sleep(60)")
    assert "stopped after 0.3 s" in ask(at)
    monkeypatch.setattr(probing, "OUTPUT_MOST", 10_000)
    at.rule(PROBE)
    write(at, "while True: print('a' * 1_000)")
    assert "answered too much" in ask(at)


def test_there_is_no_shell_and_no_program_is_a_sentence(at: Bench) -> None:
    """Words reach the command as they stand; a program that is not there is named."""
    words = '"python", "probes/answer.py", "$HOME; echo {reference} `id`"'
    at.rule(PROBE.replace('"python", "probes/answer.py", "{path}", "{data}"', words))
    write(at, "import sys; print('a', sys.argv[1], sep='\\t')")
    found = at().comparisons.probe("churn:1", "holdout")
    with at()._context.blobs.open(found.output) as stream:
        assert json.loads(stream.read())["answer"] == "$HOME; echo churn:v1 `id`"
    at.rule(PROBE.replace("python", "no-such-program"))
    assert "no-such-program" in ask(at, force=True)


def test_a_version_that_the_scan_says_no_to_is_never_run(at: Bench, tmp_path: Path) -> None:
    """Unknown code in a pickle keeps the command from seeing it, until somebody vouches."""
    file = tmp_path / "odd.pkl"
    file.write_bytes(b"\x80\x04c" + b"acme.models\nScore\n" + b"(t\x81.")
    reference = at().versions.register("odd", file).version.reference
    write(at, "open('ran', 'w'); print('a\\tb')")
    said = ask(at, reference)
    assert "vouched" in said
    assert not (at.path / "ran").exists()
    at().scans.vouch(reference, reason="ours")
    assert at().comparisons.probe(reference, "holdout").rows == 1


def test_the_artifact_and_the_examples_must_stay_as_they_are(at: Bench) -> None:
    """Examples that change meanwhile are refused; what the command does to its copy is nothing."""
    spoil = "open(data, 'a').write('e,1,no\\n')"
    write(at, "import sys; path, data = sys.argv[1:3]\n" + spoil + "\nprint('a\\tb')")
    assert "changed while" in ask(at)
    spoil = "import os; os.chmod(path, 0o600); open(path, 'w').write('gone')"
    write(at, "import sys; path, data = sys.argv[1:3]\n" + spoil + "\nprint('a\\tb')")
    if os.name != "nt":
        at().comparisons.probe("churn:1", "holdout")
        assert at().audit.verify(deep=True).problems == ()


def test_answers_that_were_damaged_are_told(at: Bench) -> None:
    """A blob that was changed or lost is no comparison; asking again mends the loss."""
    comparisons = at().comparisons
    both = ["churn:1", "churn:2"]
    found = [comparisons.probe(each, "holdout") for each in both]
    output = found[0].output
    blob = next(p for p in (at.path / "blobs").rglob(f"*{output[2:]}") if p.is_file())
    blob.chmod(0o600)
    blob.write_bytes(b"{}\n")
    refused(lambda: comparisons.behaviour(both, "holdout"), Corrupt)
    blob.unlink()
    refused(lambda: comparisons.behaviour(both, "holdout"), Corrupt)
    comparisons.probe("churn:1", "holdout")
    assert asked(at) == 3
    assert comparisons.behaviour(both, "holdout")


def test_a_freed_or_unknown_version_is_a_sentence(at: Bench) -> None:
    """Bytes that were given up cannot answer, and names that fit nothing are not found."""
    at().versions.yank("churn:1", reason="old")
    at.wait(days=400)
    at().upkeep.gc(at().upkeep.gc_plan(1))
    refused(lambda: at().comparisons.probe("churn:1", "holdout"), NotFound)
    refused(lambda: at().comparisons.probe("churn:9", "holdout"), NotFound)
    for name in ("", "\x1b[2J", "x" * 100):
        with pytest.raises((Invalid, NotFound, Conflict)):
            at().comparisons.probe("churn:2", name)
