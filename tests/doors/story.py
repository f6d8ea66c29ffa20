"""One small history of a registry, told at the command line; every answer is kept."""

from __future__ import annotations

import json
from pathlib import Path

from tests.doors.calls import Shell

REQUEST = "26"  # the number of the entry that opens the one request of the story
DIGEST = "sha256:" + "ab" * 32
CARD = "---\nlicense: apache-2.0\n---\n# Churn\n\nWho leaves?\n"

# A name, and the words after `modelshelf`; {one}, {two} and {three} are model files.
Step = tuple[str, tuple[str, ...]]

CHANGES: list[Step] = [
    ("init", ("init",)),
    ("register", (
        "register", "churn", "{one}", "--metric", "auc=0.91", "--metric", "loss=0.4", "--param",
        "lr=0.1", "--tag", "team=risk", "--description", "first", "--card", "{card}", "--run",
        "run-7", "--run-url", "https://example.org/7", "--code-repository", "git@example.org:x",
        "--code-commit", "ab12cd34", "--dirty", "--entry", "train.py", "--dataset",
        f"customers@2026-01={DIGEST}", "--evaluated-on", "holdout", "--package", "numpy=2.1",
    )),
    ("register-again", ("register", "churn", "{one}")),
    ("register-base", ("register", "churn", "{two}", "--metric", "auc=0.93", "--base", "churn:v1")),
    ("register-force", ("register", "churn", "{one}", "--force-new")),
    ("register-other", ("register", "risk/fraud", "{three}", "--metric", "auc=0.7")),
    ("amend", ("amend", "churn:v2", "--metric", "loss=0.3", "--description", "second")),
    ("describe", ("describe", "churn", "--owner", "ana", "--description", "Who leaves?")),
    ("tag-model", ("tag", "churn", "area=crm", "old=yes")),
    ("tag-unset", ("tag", "churn", "--unset", "old")),
    ("tag-version", ("tag", "churn:v2", "team=risk")),
    ("alias", ("alias", "churn:v2", "champion", "--reason", "won")),
    ("alias-list", ("alias", "churn")),
    ("promote-plan", ("promote", "churn:v1", "production", "--dry-run")),
    ("promote", ("promote", "churn:v1", "production", "--reason", "first", "--yes")),
    ("promote-weight", (
        "promote", "churn:v2", "production", "--weight", "20", "--reason", "try", "--yes",
    )),
    ("promote-split", (
        "promote", "churn:v2", "production", "--split", "churn:v1=70", "--split",
        "churn:v2=30", "--reason", "more", "--yes",
    )),
    ("rollback-plan", ("rollback", "churn", "--stage", "production", "--dry-run")),
    ("rollback", (
        "rollback", "churn", "--stage", "production", "--reason", "errors up", "--yes",
    )),
    ("archive", ("archive", "churn:v3", "--reason", "the same as v1")),
    ("restore-version", ("restore", "churn:v3", "--reason", "needed")),
    ("yank", ("yank", "churn:v3", "--reason", "leaked data")),
    ("gc-plan", ("gc", "--dry-run")),
    ("gc", ("gc", "--yes")),
    ("rename", ("rename", "risk/fraud", "risk/fraud-eu")),
    ("retire", ("retire", "risk/fraud-eu", "--reason", "no budget")),
    ("restore-model", ("restore", "risk/fraud-eu", "--reason", "budget")),
    ("alias-remove", ("alias", "churn", "champion", "--remove")),
    ("checkout", ("checkout", "churn:v1", "{folder}/out.safetensors")),
    ("backup", ("backup", "{folder}/copy")),
    ("scan", ("scan", "churn:v1", "--dry-run")),
    ("rebuild", ("rebuild",)),
    ("watch-once", ("watch", "--once")),
    ("check", ("check", "churn:v2", "staging")),
    ("check-all", ("check", "--all", "staging")),
    ("request-open", ("request", "open", "churn:v2", "staging", "--reason", "next")),
    ("request-list", ("request", "list")),
    ("request-apply", ("request", "apply", "{request}", "--yes")),
    ("undo-plan", ("undo", "--dry-run")),
    ("undo", ("undo", "--reason", "too early", "--yes")),
    ("ramp", ("ramp", "churn:v2", "50", "--reason", "half of it")),
    ("resolve-as", ("resolve", "churn@production", "--as", "scoring-api")),
    ("rollback-to-a-moment", ("rollback", "--as-of", "{request}", "--dry-run")),
    ("checkpoint", ("checkpoint",)),
    ("link", (
        "link", "churn:v2", "trained_on", f"dataset:{DIGEST}", "--reason", "told by ana",
    )),
    ("link-outside", ("link", "churn:v2", "derived_from", "hf:lab/base@main")),
    ("unlink", ("unlink", "churn:v2", "derived_from", "hf:lab/base@main", "--reason", "no")),
    ("suggestions-reject", (
        "suggestions", "churn:v3", "--reject", "churn:v1", "--reason", "the same file",
    )),
    ("card-set", ("card", "churn:v2", "--set", "{card}")),
]  # fmt: skip

READS: list[Step] = [
    ("list", ("list",)),
    ("list-retired", ("list", "--retired", "--match", "fraud")),
    ("list-page", ("list", "-n", "1")),
    ("list-stage", ("list", "--stage", "production")),
    ("list-versions", ("list", "churn")),
    ("list-versions-page", ("list", "churn", "-n", "1", "--after", "3")),
    ("show-model", ("show", "churn", "--history")),
    ("show-version", ("show", "churn:v1")),
    ("show-card", ("show", "churn:v1", "--card")),
    ("search", ("search", "metrics.auc>=0.9")),
    ("search-page", ("search", "model:churn", "--sort", "newest", "-n", "2")),
    ("compare", ("compare", "churn:v1", "churn:v2")),
    (
        "compare-baseline",
        (
            "compare",
            "churn:v1",
            "churn:v2",
            "--baseline",
            "churn:v2",
            "--only",
            "metrics",
        ),
    ),
    ("compare-tensors", ("compare", "churn:v1", "churn:v2", "--only", "files", "--tensors")),
    ("lineage", ("lineage", "churn:v2")),
    ("lineage-up", ("lineage", "churn:v2", "--up", "--hops", "1")),
    ("lineage-to", ("lineage", "churn:v2", "--to", f"dataset:{DIGEST}")),
    ("lineage-common", ("lineage", "churn:v2", "--common", "churn:v1")),
    ("impact", ("impact", f"dataset:{DIGEST}")),
    ("licences", ("licences", "churn:v2")),
    ("leaks", ("leaks",)),
    ("suggestions", ("suggestions",)),
    ("card", ("card", "churn:v1")),
    ("card-render", ("card", "churn:v1", "--render")),
    ("card-history", ("card", "churn:v2", "--history")),
    ("card-diff", ("card", "churn:v1", "--diff", "--with", "churn:v2")),
    ("card-score", ("card", "churn:v1", "--score")),
    ("reproduce", ("reproduce", "churn:v1")),
    ("reproduce-list", ("reproduce", "churn:v1", "--list")),
    ("log", ("log", "-n", "5")),
    ("log-filter", ("log", "--model", "churn", "--event", "stage.*", "--actor", "ana")),
    ("log-entry", ("log", "3")),
    ("resolve", ("resolve", "churn@production")),
    ("resolve-key", ("resolve", "churn:v3", "--key", "user-42")),
    ("resolve-past", ("resolve", "churn@production", "--as-of", "15")),
    ("verify", ("verify", "--deep")),
    ("evidence", ("evidence", "churn:v1", "production")),
    ("request-show", ("request", "show", "{request}")),
    ("ramp-history", ("ramp", "churn", "--history")),
    ("consumers", ("consumers",)),
    ("consumers-unused", ("consumers", "unused", "--older-than", "1s")),
    ("policy", ("policy",)),
    ("policy-explain", ("policy", "explain", "churn")),
    ("hooks", ("hooks",)),
    ("hooks-log", ("hooks", "log")),
    ("inbox", ("inbox",)),
    ("inbox-state", ("inbox", "--state", "refused", "-n", "1")),
    ("inbox-quarantine", ("inbox", "quarantine")),
]


def tell(shell: Shell, folder: Path) -> dict[str, object]:
    """Tell the story with ``--json``, ask everything that can be asked, return all answers."""
    places = {"folder": str(folder), "card": str(folder / "card.md"), "request": REQUEST}
    places |= {name: str(folder / f"{name}.safetensors") for name in ("one", "two", "three")}
    Path(places["card"]).write_text(CARD, encoding="utf-8")
    for seed, name in enumerate(("one", "two", "three")):
        write_model(Path(places[name]), seed)
    told = [(n, [word.format(**places) for word in words]) for n, words in CHANGES + READS]
    return {name: shell.json(*words) for name, words in told}


def write_model(file: Path, seed: int) -> None:
    """Write a safetensors file of one byte."""
    entry = {"dtype": "U8", "shape": [1], "data_offsets": [0, 1]}
    head = json.dumps({"weight": entry}).encode()
    file.write_bytes(len(head).to_bytes(8, "little") + head + bytes([seed]))
