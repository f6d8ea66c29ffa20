"""The model card of a version: a Hugging Face YAML head, then what was measured, in Markdown."""

from typing import Any

import yaml

from recipes.data import Rows
from recipes.line import Line, Made

SHIFTED = "_shifted"


def card(made: Made, before: Made | None) -> str:
    """Write the card of a version, its measurements beside those of the version before."""
    head = yaml.safe_dump(_head(made), sort_keys=False, allow_unicode=True, width=100)
    parts = [
        f"# {made.line.name} v{made.number}\n\n{made.line.description}\n\n{made.says}",
        f"## Data\n\n{_data(made)}",
        f"## Measured\n\n{_measured(made, before)}",
        f"## Limits\n\n{made.line.limits}",
        f"## Licence\n\n{_licence(made.line)}",
    ]
    return f"---\n{head}---\n\n" + "\n\n".join(parts) + "\n"


def _head(made: Made) -> dict[str, Any]:
    line = made.line
    head: dict[str, Any] = {
        "license": line.licence,
        "library_name": line.library,
        "pipeline_tag": line.task,
        "tags": [line.name.partition("/")[0], str(made.params["algorithm"])],
        "datasets": sorted({rows.name for rows in made.trained_on}),
        "metrics": sorted(made.metrics),
    }
    if made.base:
        head["base_model"] = made.base
        head["base_model_relation"] = "finetune" if made.trained_on else "quantized"
    results = [_result(made, rows) for rows in made.evaluated_on]
    head["model-index"] = [{"name": line.name, "results": results}]
    return head


def _result(made: Made, rows: Rows) -> dict[str, Any]:
    """Tell what was measured on these rows; a metric on shifted rows says so in its name."""
    metrics = [
        {"type": name.removesuffix(SHIFTED), "value": value}
        for name, value in made.metrics.items()
        if name.endswith(SHIFTED) == ("-shifted" in rows.name)
    ]
    dataset = {"name": rows.name, "type": rows.name, "revision": rows.version}
    return {"task": {"type": made.line.task}, "dataset": dataset, "metrics": metrics}


def _data(made: Made) -> str:
    learned = [f"- Trained on {len(r.y)} rows of `{r.name}` {r.version}." for r in made.trained_on]
    asked = [f"- Measured on {len(r.y)} rows of `{r.name}` {r.version}." for r in made.evaluated_on]
    base = [f"- Starts from the weights of `{made.base}`."] if made.base else []
    return "\n".join([*base, *learned, *asked, f"- Source: {made.line.source}"])


def _measured(made: Made, before: Made | None) -> str:
    earlier = before.metrics if before else {}
    title = f"v{before.number}" if before else "before"
    lines = [f"| metric | v{made.number} | {title} |", "|---|---|---|"]
    for name, value in made.metrics.items():
        lines.append(f"| {name} | {value:.4f} | {_shown(earlier.get(name))} |")
    note = "The held-out rows also served to choose between versions, so expect a little less."
    return "\n".join(lines) + f"\n\n{note}"


def _shown(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"


def _licence(line: Line) -> str:
    if line.licence == "cc-by-4.0":
        return "CC BY 4.0, the licence of the data."
    return "BSD-3-Clause, the licence under which scikit-learn ships the data."
