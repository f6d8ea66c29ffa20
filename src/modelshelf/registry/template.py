"""The policy file that a new registry begins with."""

from __future__ import annotations

from pathlib import Path

from modelshelf.domain.errors import Unavailable
from modelshelf.registry.context import POLICY

_TEMPLATE = """\
# The policy of this registry. What is not set here keeps its default.
# modelshelf policy check reads this file; policy show and policy explain MODEL say what it means.
#
# [stages.production]
# holders = "many"          # several versions may share the traffic (an A/B test); or "one"
# on_replaced = "archive"   # what becomes of the version that held it before; or "keep"
# gates = ["complete", "better"]
# approvals = 1
# approvers = ["role:reviewer"]
# four_eyes = true          # nobody approves what they asked for themselves
#
# [gates.better]            # baseline is the version that holds the stage now
# when = "metrics.auc >= baseline.metrics.auc - 0.005"
#
# [roles]                   # a role that nobody has restricts nothing
# reviewer = ["ana", "ravi"]
#
# [[hooks]]
# on = ["stage.assigned", "stage.rolled_back"]
# run = ["./deploy.sh"]     # gets the event on stdin; or url = "https://..."
#
# [[drop_folders]]
# path = "inbox"
# model = "{folder}"        # inbox/<model>/<file or folder>
# settle = 2.0              # seconds a file must lie still
# keep = "move"             # put the original away; or "copy" to leave it, "adopt" to store no copy
"""


def write_template(root: Path) -> None:
    """Write the policy file into a new registry, unless there is one.

    Raises:
        Unavailable: It cannot be written.
    """
    try:
        if not (root / POLICY).exists():
            (root / POLICY).write_text(_TEMPLATE, "utf-8")
    except OSError as exc:
        raise Unavailable(
            f"{root / POLICY} cannot be written", why=exc.strerror or str(exc), subject=str(root)
        ) from exc
