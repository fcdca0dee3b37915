"""Firehose's compression, events that a function fails to take, and schedules and rules that are due sooner."""

import gzip
import json

from ministack.services import eventbridge, firehose, lambda_svc, scheduler

from mends.patch import patch

scheduler._SCHEDULE_TICK_INTERVAL = 1  # seconds; a one-time schedule is what a test waits for
eventbridge._SCHEDULER_TICK_INTERVAL = 1
MINUTE_S = 10  # of rules that are due every so many minutes: tests wait for several


@patch(eventbridge)
def _parse_rate_seconds(original, expression):
    seconds = original(expression)
    return seconds and seconds * MINUTE_S / 60


@patch(firehose)
def _deliver_to_s3(original, stream, destination, record, *args):
    """MiniStack ignores the format: each object would be read as what its stream says it is."""
    config = destination["config"]
    if config.get("CompressionFormat") == "GZIP":
        config = {**config, "FileExtension": config.get("FileExtension") or ".gz"}
        record = gzip.compress(record)
    return original(stream, {**destination, "config": config}, record, *args)


@patch(eventbridge)
def _dispatch_to_lambda(original, arn, payload):
    """MiniStack calls once: an event that a function fails to take is tried again, and goes to its dead letter queue."""
    function, config, _ = lambda_svc._get_func_record_for_ref(arn)
    if not function or not config:
        return original(arn, payload)
    record = lambda_svc._execution_record_for_config(function, config)
    # What an alias says of its events, which MiniStack reads of the function alone.
    if own := (function.get("event_invoke_configs") or {}).get(arn.split(":")[-1]):
        record["event_invoke_config"] = own
    lambda_svc.invoke_async_with_retry(record, json.loads(payload))
