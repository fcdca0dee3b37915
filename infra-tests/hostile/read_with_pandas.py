"""Reads a service's parts with pandas again and again, until its input ends, and tells as JSON lines, the first when it is ready, how often it did and what was wrong."""

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


def tell():
    print(json.dumps({"reads": reads, "faults": faults[:5]}), flush=True)


threading.Thread(target=wait_for_the_end, daemon=True).start()
reads, most, faults = 0, 0, []
tell()
while not ended.wait(PAUSE_S):
    if not any(table.glob("*/*.parquet")):
        continue
    reads += 1
    try:
        rows = pd.read_parquet(table, columns=["example_id", "prediction"])
    except Exception as error:
        faults.append(repr(error))
        tell()
        continue
    if rows["example_id"].duplicated().any():
        faults.append("a row is there twice")
    if rows["prediction"].isna().any():
        faults.append("a row has no prediction")
    if len(rows) < most:
        faults.append(f"{len(rows)} rows where there were {most}")
    most = len(rows)
    tell()
