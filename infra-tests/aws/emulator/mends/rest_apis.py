"""API Gateway: keys that an authorizer names, request validators and streamed methods made by CloudFormation."""

import contextvars
import json

from ministack.services import apigateway_v1 as api

from mends.patch import patch, resource_type

# How the authorizer's key travels from its answer to the check of keys: no caller can send such a name.
_HIDDEN = "\0key"
_usage_key = contextvars.ContextVar("usage_key", default=None)
_key_source = contextvars.ContextVar("key_source", default="HEADER")

_rest_api = resource_type("AWS::ApiGateway::RestApi")
_method = resource_type("AWS::ApiGateway::Method")


def _create_rest_api(logical_id, properties, stack):
    """MiniStack drops ApiKeySourceType when an API is made."""
    made = _rest_api["create"](logical_id, properties, stack)
    api._rest_apis[made[0]]["apiKeySource"] = properties.get("ApiKeySourceType", "HEADER")
    return made


def _create_validator(logical_id, properties, _stack):
    """MiniStack takes the type as a placeholder and validates nothing."""
    flags = {
        "v" + name[1:]: str(properties.get(name)).lower() == "true"
        for name in ("ValidateRequestBody", "ValidateRequestParameters")
    }
    validator = {"name": properties.get("Name") or logical_id, **flags}
    made = json.loads(api._create_request_validator(properties["RestApiId"], validator)[2])
    return made["id"], {"RequestValidatorId": made["id"]}


def _completed(made, properties):
    """A method's validator is dropped by MiniStack; a STREAM without its kind of address is refused by AWS."""
    integration = properties.get("Integration") or {}
    streams = integration.get("ResponseTransferMode") == "STREAM"
    if streams != ("/response-streaming-invocations" in str(integration.get("Uri"))):
        raise ValueError("ResponseTransferMode STREAM and a response-streaming-invocations URI need each other")
    methods = api._resources[properties["RestApiId"]][properties["ResourceId"]]["resourceMethods"]
    methods[properties["HttpMethod"]]["requestValidatorId"] = properties.get("RequestValidatorId")
    return made


def _create_method(logical_id, properties, stack):
    return _completed(_method["create"](logical_id, properties, stack), properties)


def _update_method(physical_id, old, new, *rest):
    return _completed(_method["update"](physical_id, old, new, *rest), new)


resource_type("AWS::ApiGateway::RestApi", create=_create_rest_api)
resource_type("AWS::ApiGateway::RequestValidator", create=_create_validator)
resource_type("AWS::ApiGateway::Method", create=_create_method, update=_update_method)


@patch(api)
async def _invoke_authorizer_lambda(original, *args, **kwargs):
    result = await original(*args, **kwargs)
    body = (result or {}).get("body")
    if not isinstance(body, dict) or not body.get("usageIdentifierKey"):
        return result
    context = {**(body.get("context") or {}), _HIDDEN: body["usageIdentifierKey"]}
    return {**result, "body": {**body, "context": context}}


@patch(api)
async def _authorize_request_v1(original, api_id, *args, **kwargs):
    _key_source.set((api._rest_apis.get(api_id) or {}).get("apiKeySource", "HEADER"))
    error, context = await original(api_id, *args, **kwargs)
    _usage_key.set((context or {}).get(_HIDDEN))
    return error, context and {name: value for name, value in context.items() if name != _HIDDEN}


@patch(api)
def _api_key_from_request(original, headers):
    """MiniStack reads x-api-key even where keys are the authorizer's to give."""
    return _usage_key.get() if _key_source.get() == "AUTHORIZER" else original(headers)
