"""What Athena does in its caller's name, as IAM sees it: it reads and changes Glue's tables, and reads and writes objects.

Read out of statements with a few patterns, for they are the product's own; AWS's list is longer.
"""

import re

from ministack.core.responses import get_account_id, get_region
from ministack.services import glue

NAME = r"[`\"]?([a-z0-9_]+)[`\"]?"
QUALIFIED = re.compile(NAME + r"\." + NAME)
UNQUALIFIED = re.compile(r"\b(?:from|join)\s+" + NAME + r"(?!\s*[(.\w\"`])")
DEFINED = re.compile(r"(?:\bwith|,)\s+" + NAME + r"\s+as\s*\(")
CHANGED = re.compile(
    r"\s*(create|drop|alter|merge|insert|delete|update|optimize|vacuum)"
    r"(?:\s+(?:external|table|into|from|if|not|exists))*\s+" + NAME + r"\." + NAME
)
PLACE = re.compile(r"\blocation\s+'s3://([^']+?)/?'", re.I)
OF_CATALOG = {"create": "glue:CreateTable", "drop": "glue:DeleteTable"}
REMOVING = {"drop", "vacuum"}

_places = {}  # (database, table) -> where a table lies that a statement has made: bucket/prefix


def _on_catalog(action, database, table):
    prefix = f"arn:aws:glue:{get_region()}:{get_account_id()}"
    return [(action, prefix + end) for end in (":catalog", f":database/{database}", f":table/{database}/{table}")]


def _on_objects(place, *actions):
    bucket = f"arn:aws:s3:::{place.split('/')[0]}"
    own = [(action, f"arn:aws:s3:::{place}/any") for action in actions]
    return [("s3:ListBucket", bucket), ("s3:GetBucketLocation", bucket), *own]


def _place_of(database, table):
    known = (glue._tables.get(f"{database}/{table}") or {}).get("StorageDescriptor") or {}
    return _places.get((database, table)) or known.get("Location", "").removeprefix("s3://").rstrip("/")


def _tables_in(text, context):
    found = {(database, table) for database, table in QUALIFIED.findall(text) if database in glue._databases}
    if context:
        found |= {(context, name) for name in UNQUALIFIED.findall(text) if name not in DEFINED.findall(text)}
    return found


def rights_of(start, results):
    """Pairs of action and resource that a StartQueryExecution needs beside its own; results lie under `results`."""
    sql = start.get("QueryString", "")
    text = re.sub(r"'(?:[^']|'')*'", "''", sql).lower()
    verb, *changed = (found.groups() if (found := CHANGED.match(text)) else [None])
    if verb == "create" and (place := PLACE.search(sql)):
        _places[tuple(changed)] = place[1]
    rights = _on_objects(results.removeprefix("s3://").rstrip("/"), "s3:PutObject", "s3:GetObject")
    for database, table in _tables_in(text, (start.get("QueryExecutionContext") or {}).get("Database")):
        rights += _on_catalog("glue:GetTable", database, table)
        actions = ["s3:GetObject"]
        if [database, table] == changed:
            rights += _on_catalog(OF_CATALOG.get(verb, "glue:UpdateTable"), database, table)
            actions += ["s3:PutObject"] + (["s3:DeleteObject"] if verb in REMOVING else [])
        if place := _place_of(database, table):
            rights += _on_objects(place, *actions)
    return rights
