"""Which run this is: the one that a tracker in the same process keeps, or one of our own."""

from __future__ import annotations

import os
import sys
import uuid
from contextlib import suppress
from typing import Any

from modelshelf.domain.provenance import Run

OWN = "modelshelf"

_WANDB_RUN = "WANDB_RUN_ID"


def own_id() -> str:
    """Return an id for a run that no tracker keeps."""
    return uuid.uuid4().hex[:16]


def tracked() -> Run | None:
    """Return the active run of MLflow or Weights & Biases; neither is imported for it."""
    for ask in (_mlflow, _wandb):
        with suppress(Exception):  # whatever a package of any version does
            found = ask()
            if found is not None:
                return found
    named = os.environ.get(_WANDB_RUN)
    return Run(named, tracker="wandb") if named else None


def _mlflow() -> Run | None:
    from modelshelf.surroundings.addresses import without_secrets

    mlflow: Any = sys.modules.get("mlflow")
    active = None if mlflow is None else mlflow.active_run()
    if active is None:
        return None
    info, address = active.info, str(mlflow.get_tracking_uri())
    url = None
    if address.startswith(("http://", "https://")):
        server = without_secrets(address).rstrip("/")
        url = f"{server}/#/experiments/{info.experiment_id}/runs/{info.run_id}"
    return Run(str(info.run_id), url, tracker="mlflow")


def _wandb() -> Run | None:
    wandb: Any = sys.modules.get("wandb")
    run = None if wandb is None else wandb.run
    if run is None:
        return None
    url = run.url
    return Run(str(run.id), str(url) if url else None, tracker="wandb")
