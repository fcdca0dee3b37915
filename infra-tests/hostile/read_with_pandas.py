"""Reads a service's parts with pandas again and again, until its input ends, and says "ready", and at last as JSON how often it did and what was wrong."""

import json
import sys
import threading
from pathlib import Path

import pandas as pd
import pyarrow.dataset  # noqa: F401  pandas would load it in its first read, and take seconds

PAUSE_S = 0.05

table = Path(sys.argv[1])
ended = threading.Event()


def wait_for_the_end():
    sys.stdin.read()
    ended.set()


threading.Thread(target=wait_for_the_end, daemon=True).start()
reads, most, faults = 0, 0, []
print("ready", flush=True)
while not ended.wait(PAUSE_S):
    if not any(table.glob("*/*.parquet")):
        continue
    try:
        rows = pd.read_parquet(table, columns=["example_id", "prediction"])
    except Exception as error:
        faults.append(repr(error))
        continue
    if rows["example_id"].duplicated().any():
        faults.append("a row is there twice")
    if rows["prediction"].isna().any():
        faults.append("a row has no prediction")
    if len(rows) < most:
        faults.append(f"{len(rows)} rows where there were {most}")
    reads, most = reads + 1, len(rows)
print(json.dumps({"reads": reads, "rows": most, "faults": faults[:5]}))
