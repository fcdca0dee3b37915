"""Athena's queries behind MiniStack's front, so that IAM holds for them; a stand-in over Trino answers (infra-tests/trino).

Workgroups stay MiniStack's, where CloudFormation makes them. Without a stand-in its own engine answers, in another dialect.
"""

import asyncio
import json
import os

import ministack.app as app
import ministack.core.iam_evaluator as iam
from ministack.core.iam_actions import access_denied_response
from ministack.core.responses import get_account_id, get_region
from ministack.core.router import extract_access_key_id
from ministack.services import athena

from mends.ask import ask
from mends.athena_rights import rights_of
from mends.patch import patch

# Taken out of the environment, which functions inherit: they know MiniStack's address alone.
STAND_IN = os.environ.pop("ATHENA_STAND_IN", None)
TARGET = "AmazonAthena."
JSON = "application/x-amz-json-1.1"
OPERATIONS = {"StartQueryExecution", "GetQueryExecution", "GetQueryResults", "GetQueryRuntimeStatistics", "StopQueryExecution"}

_asked = {}  # query -> its workgroup, and where its results lie


def _workgroup_of(operation, data):
    if operation != "StartQueryExecution":
        return _asked.get(data.get("QueryExecutionId"), ("primary", ""))
    name = data.get("WorkGroup", "primary")
    configuration = (athena._workgroups.get(name) or {}).get("Configuration") or {}
    return name, (configuration.get("ResultConfiguration") or {}).get("OutputLocation", "")


def needed(operation, data):
    """Pairs of action and resource that a call's caller must be allowed."""
    workgroup, place = _workgroup_of(operation, data)
    own = (f"athena:{operation}", f"arn:aws:athena:{get_region()}:{get_account_id()}:workgroup/{workgroup}")
    if operation == "StartQueryExecution":
        return [own, *rights_of(data, place)]
    result = f"{place.removeprefix('s3://')}{data.get('QueryExecutionId')}.csv"
    return [own, ("s3:GetObject", f"arn:aws:s3:::{result}")] if operation == "GetQueryResults" else [own]


def query(operation, data):
    """One operation of the stand-in: its status, and its answer or error."""
    asked = _workgroup_of(operation, data)
    status, _, out = ask(STAND_IN, "/", json.dumps(data).encode(), {"x-amz-target": TARGET + operation, "content-type": JSON})
    answer = json.loads(out)
    if status == 200 and operation == "StartQueryExecution":
        _asked[answer["QueryExecutionId"]] = asked
    return status, answer


def _refusal(headers, query_params, request_id, operation, data):
    """AWS starts a query whose data is forbidden, and fails it; here its start is refused."""
    key = extract_access_key_id(headers, query_params)
    for action, arn in needed(operation, data) if app.AUTH else []:
        service = action.split(":")[0]
        via = {} if service == "athena" else {"aws:calledvia": ["athena.amazonaws.com"]}
        denied = iam.enforce(key, action, service, get_region(), arn, via)
        if isinstance(denied, iam.AuthError):
            return app._credential_failure("athena", action, request_id, denied, headers)
        if denied:
            said = f"User: {denied.principal_arn} is not authorized to perform: {action} on resource: {arn}"
            return access_denied_response("athena", action, denied.principal_arn, request_id, headers=headers, message=said)
    return None


@patch(app)
async def _handle_special_data_plane_request(original, method, path, headers, body, query_params, request_id, **rest):
    operation = headers.get("x-amz-target", "").removeprefix(TARGET)
    if not STAND_IN or operation not in OPERATIONS:
        return await original(method, path, headers, body, query_params, request_id, **rest)
    data = json.loads(body or b"{}")
    if refused := _refusal(headers, query_params, request_id, operation, data):
        return refused
    status, answer = await asyncio.to_thread(query, operation, data)
    return status, {"content-type": JSON, "x-amzn-requestid": request_id}, json.dumps(answer).encode()
