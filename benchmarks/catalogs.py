"""Makes a large catalog out of random rows inside the database: a million versions in a minute.

Only the tables are filled, not the audit log; what is measured here only reads tables.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from modelshelf.catalog import driver
from modelshelf.catalog.engine import create_write_engine
from modelshelf.catalog.migrations import migrate

A_MODEL = 50
"""Versions of each model."""

METRICS = (
    "accuracy", "auc", "brier", "error", "f1", "loss", "mae", "precision", "recall", "rmse",
)  # fmt: skip
_FILL = (
    """INSERT INTO model
       SELECT i, printf('%s/model-%06d', substr('riskviewtextbeat', 1 + i % 4 * 4, 4), i), '',
              'owner' || (i % 97), 0, :each, :each, 0, 'ana', 0
       FROM n WHERE i <= :models""",
    "INSERT INTO model_name SELECT name, name, id FROM model",
    "INSERT INTO model_text (rowid, name) SELECT id, name FROM model",
    """INSERT INTO version
       SELECT i, (i - 1) % :models + 1, (i - 1) / :models + 1, lower(hex(randomblob(32))), 'file',
              'model.onnx', abs(random()) % 100000000,
              CASE i % 3 WHEN 0 THEN 'onnx' WHEN 1 THEN 'pickle' ELSE 'gguf' END,
              CASE abs(random()) % 50 WHEN 0 THEN 'warning' ELSE 'clean' END, i,
              'person' || (abs(random()) % 20), abs(random()) % 10 = 0,
              CASE abs(random()) % 1000 WHEN 0 THEN 'bad' END, 0, NULL,
              '', 'modelshelf 2', '', NULL
       FROM n""",
    "INSERT INTO version_file SELECT id, name, size, digest FROM version",
    """INSERT INTO metric
       SELECT i, value, (random() / 9223372036854775808.0 + 1) / 2
       FROM n CROSS JOIN json_each(:metrics)""",
    """INSERT INTO param
       SELECT i, 'p' || value, share, share
       FROM (SELECT i, value, abs(random()) % 1000 AS share FROM n
             CROSS JOIN json_each('[0, 1, 2, 3, 4, 5, 6]'))""",
    """INSERT INTO param
       SELECT i, 'word' || value, 'solver' || (abs(random()) % 8), NULL
       FROM n CROSS JOIN json_each('[0, 1, 2]')""",
    """INSERT INTO tag
       SELECT i, value, CASE value WHEN 'team' THEN 'team' || (abs(random()) % 10)
              WHEN 'dataset' THEN 'ds' || (abs(random()) % 100)
              ELSE 'note ' || (abs(random()) % 5000) END
       FROM n CROSS JOIN json_each('["dataset", "note", "team"]')""",
    "INSERT INTO tag_term (key, value) SELECT DISTINCT key, value FROM tag",
    "INSERT INTO tag_text (rowid, value) SELECT id, value FROM tag_term",
    """INSERT INTO node
       SELECT -i, 'dataset', 'customers ' || (i - 1), 'customers', 'customers ' || (i - 1)
       FROM n WHERE i <= 300""",
    """INSERT INTO edge
       SELECT i, 'trained_on', -1 - which, 'told', 'customers ' || which
       FROM (SELECT i, abs(random()) % 300 AS which FROM n)""",
    """INSERT INTO stage_holder
       SELECT id, 'production', 0, id + (:each - 1) * :models, 100, 0
       FROM model WHERE id % 3 = 0""",
    "INSERT INTO alias SELECT model_id, 'champion', version_id FROM stage_holder",
)
_COUNTED = """
    INSERT INTO temp.n WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < ?)
    SELECT i FROM c
"""


def build(path: Path, versions: int) -> None:
    """Make a catalog at ``path``: 27 rows of values and edges for each version."""
    engine = create_write_engine(path)
    with engine.begin() as opened:
        migrate(opened, 0)
    engine.dispose()
    connection: sqlite3.Connection = driver.dbapi.connect(str(path), isolation_level=None)
    for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -400000"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("BEGIN")
    connection.execute("CREATE TEMP TABLE n (i INTEGER PRIMARY KEY)")
    connection.execute(_COUNTED, (versions,))
    models = max(versions // A_MODEL, 1)
    values = {"models": models, "each": A_MODEL, "metrics": str(list(METRICS)).replace("'", '"')}
    indexes = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
    ).fetchall()
    for name, _ in indexes:  # an index made at the end is made in order
        connection.execute(f"DROP INDEX {name}")
    for statement in _FILL:
        used = {name: value for name, value in values.items() if f":{name}" in statement}
        connection.execute(statement, used)
    for _, sql in indexes:
        connection.execute(sql)
    connection.execute("COMMIT")
    connection.close()
