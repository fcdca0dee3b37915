"""EventBridge: changes of stacks and, from the stub's feed, of endpoints. MiniStack tells neither."""

import json
import threading
import time

from ministack.core.responses import request_scope
from ministack.services import eventbridge
from ministack.services.cloudformation import changesets, handlers, stacks

from mends.patch import patch
from mends.sagemaker_front import ask_stub

STACK = "AWS::CloudFormation::Stack"


def _emit(source, detail_type, arn, detail):
    entry = {"Source": source, "DetailType": detail_type, "Resources": [arn], "Detail": json.dumps(detail)}
    eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)


@patch(stacks, handlers, changesets)
def _add_event(original, stack_id, stack_name, logical_id, type_, status, reason="", *args, **kwargs):
    original(stack_id, stack_name, logical_id, type_, status, reason, *args, **kwargs)
    if type_ == STACK and logical_id == stack_name:
        detail = {
            "stack-id": stack_id,
            "status-details": {"status": status, "status-reason": reason},
            "client-request-token": stacks.CLIENT_REQUEST_TOKEN.get(),
        }
        _emit("aws.cloudformation", "CloudFormation Stack Status Change", stack_id, detail)


def _follow_endpoints(account, region):
    seen = 0
    while True:
        try:
            for event in json.loads(ask_stub(f"/events?after={seen}")[2]):
                seen += 1
                with request_scope(account, region):
                    _emit("aws.sagemaker", "SageMaker Endpoint State Change", event["arn"], event["detail"])
        except OSError:
            time.sleep(0.2)  # the stub is not up yet


def follow_endpoints(account, region):
    """Puts the stub's events on the bus for as long as the process lives."""
    threading.Thread(target=_follow_endpoints, args=(account, region), daemon=True).start()
