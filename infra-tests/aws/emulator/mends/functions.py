"""Lambda: the names of thrown errors, metrics that functions write into their logs (EMF), and the alarms on these."""

import json
import re
import threading

import ministack.core.lambda_runtime as lambdas
from ministack.services import cloudwatch, lambda_svc

from mends.patch import patch

_thrown = threading.local()

_SAYS_ERROR = "error: String(err.message || err),"
assert _SAYS_ERROR in lambdas._NODEJS_WORKER_SCRIPT
lambdas._NODEJS_WORKER_SCRIPT = lambdas._NODEJS_WORKER_SCRIPT.replace(_SAYS_ERROR, "name: err.name, " + _SAYS_ERROR)


@patch(lambdas.Worker)
def invoke(original, *args, **kwargs):
    result = original(*args, **kwargs)
    _thrown.name = result.get("name")
    return result


def _metrics_of(line):
    """Each metric of a line: its namespace, name, value, unit and dimensions."""
    data = json.loads(line)
    for directive in data["_aws"]["CloudWatchMetrics"]:
        for metric in directive["Metrics"]:
            given = data[metric["Name"]]
            for value in given if isinstance(given, list) else [given]:
                for names in directive["Dimensions"]:
                    dimensions = {name: str(data[name]) for name in names}
                    yield directive["Namespace"], metric["Name"], value, metric.get("Unit", "None"), dimensions


@patch(lambda_svc)
def _execute_function_warm(original, *args):
    result = original(*args)
    name = getattr(_thrown, "name", None)
    if result.get("error") and name and result["body"].get("errorType") == "Runtime.HandlerError":
        result["body"]["errorType"] = name
    for line in re.findall(r'^\{"_aws".*', result.get("log") or "", re.M):
        for metric in _metrics_of(line):
            cloudwatch.record_metric(*metric)
            cloudwatch._evaluate_all_alarms()
    return result


@patch(cloudwatch)
def _evaluate_alarm(original, alarm):
    """MiniStack looks at a metric's name alone: an alarm hears those of its own dimensions, all of them."""
    dimensions = cloudwatch._dims_key({one["Name"]: one["Value"] for one in alarm.get("Dimensions") or []})
    if (alarm.get("Namespace"), alarm.get("MetricName"), dimensions) in cloudwatch._metrics:
        original(alarm)


@patch(lambda_svc)
def _reserved_concurrency(original, func, config):
    """What is reserved for a function bounds its versions and aliases as well: MiniStack forgets it for these."""
    return original(lambda_svc._functions.get(config.get("FunctionName")) or func, config)
