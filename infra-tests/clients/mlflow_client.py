"""Asks a server with MLflow's own client, whose port may have a path behind it; prints what it got."""

import json
import sys

import pandas as pd
from mlflow.pyfunc.scoring_server.client import ScoringServerClient

host, port = sys.argv[1:]
client = ScoringServerClient(host, port)
people = pd.DataFrame(
    {
        "city": ["Bern", "Linz"],
        "age": [40, 50],
        "height": [1.7, 1.8],
        "weight": [70.5, 80.0],
        "member": [True, False],
    }
)


def refusal(data):
    try:
        return client.invoke(data).to_json()
    except Exception as error:
        return str(error)


print(
    json.dumps(
        {
            "frame": client.invoke(people).get_predictions()[0].tolist(),
            "params": client.invoke(people, params={"a": 1}).get_predictions()[0].tolist(),
            "records": client.invoke(people.to_dict("records")).get_predictions()[0].tolist(),
            "refused": refusal(people.drop(columns="age")),
        }
    )
)
