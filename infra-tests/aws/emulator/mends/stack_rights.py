"""IAM of stacks: what CloudFormation checks before and while it works. MiniStack ignores RoleARN altogether."""

import contextvars
import re

import ministack.app as app
import ministack.core.iam_actions as iam_actions
import ministack.core.iam_evaluator as iam
from ministack.core.responses import get_account_id, get_region
from ministack.services.cloudformation import handlers

from mends.patch import patch

CONDITION_KEYS = {"RoleArn": "RoleARN", "TemplateUrl": "TemplateURL", "ChangeSetName": "ChangeSetName"}
# Calls come over loopback without TLS, where buckets that refuse such calls would refuse all.
AS_IF_OVER_TLS = {"s3:TlsVersion": "1.3"}
VIRTUAL_HOST = re.compile(r"https://([^/.]+)\.s3[.-][^/]+/(.+)")

_keys_of_call = contextvars.ContextVar("keys_of_call", default={})
_role_of_stack = {}  # CloudFormation remembers the role that a stack was given for its later operations


@patch(iam_actions)
def extract_resource_arn(original, service, method, path, headers, body, params, *rest):
    """The last function before a check that sees a request's parameters: the condition keys are read here."""
    keys = {}
    if service == "cloudformation":
        for key, parameter in CONDITION_KEYS.items():
            if value := iam_actions._query_param(params, parameter):
                keys[f"cloudformation:{key}"] = value
    _keys_of_call.set(keys)
    return original(service, method, path, headers, body, params, *rest)


@patch(iam)
def _resolve_condition_key(original, key, ctx):
    """As above: whether a call came over TLS is no key of its context."""
    return "true" if key.lower() == "aws:securetransport" else original(key, ctx)


@patch(iam)
def enforce(original, access_key, action, service, region, resource_arn="*", service_context=None):
    """Checks a stack call with its condition keys, and the right to pass the role that it names."""
    keys = _keys_of_call.get() if action.startswith("cloudformation:") else {}
    context = {**AS_IF_OVER_TLS, **(service_context or {}), **keys}
    denied = original(access_key, action, service, region, resource_arn, context)
    role = keys.get("cloudformation:RoleArn")
    if denied or not role:
        return denied
    passed = {"iam:PassedToService": "cloudformation.amazonaws.com"}
    return original(access_key, "iam:PassRole", "iam", region, role, passed)


def may(role, action, arn, **context):
    """Whether a role may do this; always, while IAM is off.

    The context's names stand for condition keys: sagemaker_InstanceTypes is sagemaker:InstanceTypes.
    """
    if not app.AUTH:
        return True
    keys = {name.replace("_", ":", 1).lower(): value for name, value in context.items()}
    account = get_account_id()
    request = iam.EvalContext(role, "AssumedRole", account, action, arn, get_region(), service_context=keys)
    policies = iam._gather_role_policies(role.split("/")[-1], account)
    return iam.evaluate(request, policies).decision == "Allow"


def require_role_may(stack, action, arn, **context):
    """Raises ValueError when the stack has a service role that may not do this. Done for SageMaker's types alone."""
    role = _role_of_stack.get(stack)
    if role and not may(role, action, arn, **context):
        raise ValueError(
            f"User: {role} is not authorized to perform: {action} on resource: {arn} (Status Code: 403)"
        )


def _mended(action, original):
    def handle(params):
        name, url = handlers._p(params, "StackName"), handlers._p(params, "TemplateURL")
        stack = handlers._resolve_stack(name) or {"StackStatus": ""}
        status = stack["StackStatus"]
        # MiniStack would delete a stack in the middle of its update.
        if action == "DeleteStack" and re.fullmatch("UPDATE_.*IN_PROGRESS", status):
            text = f"Stack [{name}] cannot be deleted while in status {status}"
            return handlers._error("ValidationError", text)
        # It reads templates from path-style addresses only.
        if found := VIRTUAL_HOST.match(url):
            params = {**params, "TemplateURL": [f"https://s3.amazonaws.com/{found[1]}/{found[2]}"]}
        if role := handlers._p(params, "RoleARN"):
            _role_of_stack[stack.get("StackName", name)] = role
        return original(params)

    return handle


for _action in ("CreateStack", "UpdateStack", "DeleteStack", "CreateChangeSet"):
    handlers._ACTION_HANDLERS[_action] = _mended(_action, handlers._ACTION_HANDLERS[_action])
