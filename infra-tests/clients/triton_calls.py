"""Makes calls with tritonclient.http as its users do: one call in JSON per line in, one answer out.

A call is {"url", "method", "arguments"}; arguments of `infer` name their tensors as
{"name", "datatype", "shape", "data"}, and `binary` only where it is not left to the client.
"""

import json
import sys

import numpy as np
import tritonclient.http as http
from tritonclient.utils import InferenceServerException, triton_to_np_dtype


def options(about):
    return {} if about.get("binary") is None else {"binary_data": about["binary"]}


def tensor(about):
    made = http.InferInput(about["name"], about["shape"], about["datatype"])
    array = np.array(about["data"], dtype=triton_to_np_dtype(about["datatype"]))
    made.set_data_from_numpy(array.reshape(about["shape"]), **options(about))
    return made


def output(about):
    return http.InferRequestedOutput(about["name"], **options(about))


def cell(value):
    if isinstance(value, float) and np.isnan(value):
        return "NaN"
    return value.decode() if isinstance(value, bytes) else value


def plain(array):
    if array.ndim > 1:
        return [plain(row) for row in array]
    return [cell(value) for value in array.tolist()]


def outputs(result):
    head = result.get_response()
    arrays = {about["name"]: result.as_numpy(about["name"]) for about in head["outputs"]}
    return {
        **{name: head.get(name) for name in ("id", "model_name", "model_version")},
        "binary": [about["name"] for about in head["outputs"] if "parameters" in about],
        "outputs": {name: plain(array) for name, array in arrays.items()},
    }


def call(url, method, arguments):
    with http.InferenceServerClient(url) as client:
        if not method.endswith("infer"):
            return getattr(client, method)(**arguments)
        arguments["inputs"] = [tensor(about) for about in arguments["inputs"]]
        if "outputs" in arguments:
            arguments["outputs"] = [output(about) for about in arguments["outputs"]]
        result = getattr(client, method)(**arguments)
        return outputs(result.get_result() if method == "async_infer" else result)


for line in sys.stdin:
    try:
        answer = {"value": call(**json.loads(line))}
    except InferenceServerException as error:
        answer = {"error": error.message(), "status": error.status()}
    print(json.dumps(answer), flush=True)
