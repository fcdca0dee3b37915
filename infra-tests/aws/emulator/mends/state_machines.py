"""Step Functions: Athena's task, the rights of a machine's role, and how much one state may pass on. MiniStack lacks these."""

import contextvars
import json
import time

from ministack.core.responses import get_account_id, get_region
from ministack.services import eventbridge
from ministack.services import stepfunctions as states

from mends.athena_front import needed, query
from mends.patch import patch
from mends.stack_rights import may

TASK = "arn:aws:states:::athena:startQueryExecution"
POLL_S = 0.1
LARGEST = 262_144  # bytes of an input or output as JSON
ENDED = {"SUCCEEDED", "FAILED", "CANCELLED"}

_role = contextvars.ContextVar("role_of_machine", default=None)
_started = contextvars.ContextVar("queries_of_task", default=None)


@patch(states)
def _run_execution(original, arn):
    machine = states._state_machines.get(states._executions[arn]["stateMachineArn"]) or {}
    _role.set(machine.get("roleArn"))
    original(arn)


def _require(error, rights):
    for action, arn in rights:
        if not may(_role.get(), action, arn, aws_CalledVia=["athena.amazonaws.com"]):
            raise states._ExecutionError(
                error, f"User: {_role.get()} is not authorized to perform: {action} on resource: {arn}"
            )


def _athena(operation, data):
    _require("Athena.AccessDeniedException", needed(operation, data))
    status, answer = query(operation, data)
    if status != 200:
        raise states._ExecutionError(f"Athena.{answer['__type']}", answer["message"])
    return answer


def _run_query(resource, given):
    """The task. With `.sync` it ends with its query, and fails as that does, with all that is known of it as the cause."""
    started = _athena("StartQueryExecution", given)
    if (of_task := _started.get()) is not None:
        of_task.append(started)
    if not resource.endswith(".sync"):
        return started
    while (now := _athena("GetQueryExecution", started))["QueryExecution"]["Status"]["State"] not in ENDED:
        time.sleep(POLL_S)
    if now["QueryExecution"]["Status"]["State"] != "SUCCEEDED":
        raise states._ExecutionError("States.TaskFailed", json.dumps(now["QueryExecution"]))
    return now


states._SERVICE_DISPATCH[TASK] = _run_query


@patch(states)
def _invoke_resource_with_timeout(original, resource, *args):
    """A task that is late leaves no query behind."""
    started = []
    _started.set(started)
    try:
        return original(resource, *args)
    except states._ExecutionError as error:
        if error.error == "States.Timeout" and resource == f"{TASK}.sync":
            for one in started:
                _athena("StopQueryExecution", one)
        raise


def _bounded(value):
    if len(json.dumps(value).encode()) > LARGEST:
        raise states._ExecutionError("States.DataLimitExceeded", f"more than {LARGEST} bytes between two states")
    return value


@patch(states)
def _apply_jsonata_arguments(original, *args):
    return _bounded(original(*args))


@patch(states)
def _execute_task(original, *args):
    output, then = original(*args)
    return _bounded(output), then


@patch(states)
def _execute_map(original, *args):
    output, then = original(*args)
    return _bounded(output), then


@patch(states)
def _call_lambda(original, reference, event):
    prefix = f"arn:aws:lambda:{get_region()}:{get_account_id()}:function:"
    arn = reference if reference.startswith("arn:") else prefix + reference
    _require("Lambda.AWSLambdaException", [("lambda:InvokeFunction", arn)])
    return original(reference, event)


@patch(eventbridge)
def _invoke_target(original, target, event, rule, view=None):
    """A schedule or rule starts executions as the role that its target names."""
    arn, role = target.get("Arn", ""), target.get("RoleArn")
    if ":states:" in arn and not may(role or "", "states:StartExecution", arn):
        return print(f"{role} may not start {arn}", flush=True)
    return original(target, event, rule, view)
