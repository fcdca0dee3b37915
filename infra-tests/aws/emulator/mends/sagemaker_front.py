"""SageMaker's API behind MiniStack's front, so that IAM holds for it; the stub answers."""

import asyncio
import json
import os
import re

import ministack.app as app
from ministack.core.responses import get_account_id, get_region

from mends.ask import ask, passed_on
from mends.patch import patch

# Taken out of the environment, which functions inherit: they know MiniStack's address alone.
STUB = os.environ.pop("SAGEMAKER_STUB")
SIGNED_FOR_SAGEMAKER = "/sagemaker/aws4_request"
KINDS = {"EndpointName": "endpoint", "EndpointConfigName": "endpoint-config", "ModelName": "model"}


def ask_stub(path, body=None, headers=None):
    """One request to the stub: its status, headers and body."""
    return ask(STUB, path, body, headers)


def sagemaker(operation, **body):
    """One call of the control plane by CloudFormation. Raises ValueError with SageMaker's message."""
    status, _, out = ask_stub("/", json.dumps(body).encode(), {"x-amz-target": "SageMaker." + operation})
    answer = json.loads(out)
    if status != 200:
        raise ValueError(answer["message"])
    return answer


def arn_of(kind, name):
    return f"arn:aws:sagemaker:{get_region()}:{get_account_id()}:{kind}/{name.lower()}"


def _asked(path, headers, body):
    """What a request wants: the action, and the resource that IAM checks it on."""
    if invoked := re.match(r"/endpoints/([^/]+)/invocations", path):
        return "InvokeEndpoint", arn_of("endpoint", invoked[1])
    data = json.loads(body or b"{}")
    arns = [arn_of(kind, data[member]) for member, kind in KINDS.items() if member in data]
    return headers.get("x-amz-target", ".").split(".")[1], arns[0] if arns else "*"


@patch(app)
async def _handle_special_data_plane_request(original, method, path, headers, body, query, request_id, **rest):
    if SIGNED_FOR_SAGEMAKER not in headers.get("authorization", ""):
        return await original(method, path, headers, body, query, request_id, **rest)
    action, arn = _asked(path, headers, body)
    denied = app._enforce_data_plane(
        "sagemaker", f"sagemaker:{action}", headers, query, request_id, resource_arn=arn
    )
    if denied:
        return denied
    status, answered, out = await asyncio.to_thread(ask_stub, path, body, passed_on(headers))
    return status, passed_on(answered), out
