"""The CloudFormation types of SageMaker, made through the stub's control plane; MiniStack has none."""

import functools
import os
import time

from botocore.session import get_session
from ministack.core.responses import get_region
from ministack.services.cloudformation import provisioners, stacks

from mends.patch import patch, resource_type
from mends.sagemaker_front import arn_of, sagemaker
from mends.stack_rights import may, require_role_may

SETTLES_WITHIN_S = 120


@functools.cache
def _model():
    return get_session().get_service_model("sagemaker")


def _typed(value, shape):
    """CloudFormation passes every scalar as text; the API wants the types of its shapes."""
    kind = shape.type_name if shape else ""
    if kind == "structure" and isinstance(value, dict):
        return {name: _typed(inner, shape.members.get(name)) for name, inner in value.items()}
    if kind == "list" and isinstance(value, list):
        return [_typed(inner, shape.member) for inner in value]
    if kind == "map" and isinstance(value, dict):
        return {name: str(inner) for name, inner in value.items()}
    if kind in ("integer", "long"):
        return int(value)
    if kind in ("float", "double"):
        return float(value)
    return value in (True, "true") if kind == "boolean" else value


def _input_of(operation, properties):
    """A resource's properties as the input of an operation; what only an update takes is left out of a creation."""
    shape = _model().operation_model(operation).input_shape
    only_updates = set(_model().operation_model("UpdateEndpoint").input_shape.members) - set(shape.members)
    given = {name: value for name, value in properties.items() if name not in only_updates}
    return _typed(given, shape)


def _until_settled(endpoint, config):
    deadline = time.monotonic() + SETTLES_WITHIN_S
    while time.monotonic() < deadline:
        now = sagemaker("DescribeEndpoint", EndpointName=endpoint)
        failed = now["EndpointStatus"] == "Failed"
        if failed or now["EndpointStatus"] == "InService":
            # An update that failed is in service again, on its old configuration.
            if failed or now["EndpointConfigName"] != config:
                reason = now.get("FailureReason")
                raise ValueError(f"Resource handler returned message: {reason} (HandlerErrorCode: NotStabilized)")
            return
        time.sleep(0.05)
    raise ValueError(f"Endpoint {endpoint} did not settle")


def _until_gone(endpoint):
    deadline = time.monotonic() + SETTLES_WITHIN_S
    while time.monotonic() < deadline:
        try:
            sagemaker("DescribeEndpoint", EndpointName=endpoint)
        except ValueError:
            return
        time.sleep(0.05)
    raise ValueError(f"Endpoint {endpoint} was not deleted")


def _delete(kind, name):
    try:
        sagemaker("Delete" + kind, **{kind + "Name": name})
    except ValueError as error:
        if "Could not find" not in str(error):
            raise
    if kind == "Endpoint":
        _until_gone(name)


def _require_rights(kind, stack, properties, arn):
    types = [variant["InstanceType"] for variant in properties.get("ProductionVariants", []) if "InstanceType" in variant]
    context = {"sagemaker_InstanceTypes": types} if types else {}
    require_role_may(stack, f"sagemaker:Create{kind}", arn, **context)
    if role := properties.get("ExecutionRoleArn"):
        require_role_may(stack, "iam:PassRole", role, iam_PassedToService="sagemaker.amazonaws.com")


def _require_readable(properties):
    """SageMaker reads a model's data as the execution role."""
    source = properties.get("PrimaryContainer", {}).get("ModelDataSource", {}).get("S3DataSource", {})
    if uri := source.get("S3Uri"):
        role, bucket = properties["ExecutionRoleArn"], uri.split("/")[2]
        prefix = uri.split("/", 3)[3]
        listed = may(role, "s3:ListBucket", f"arn:aws:s3:::{bucket}", s3_prefix=prefix)
        if not listed or not may(role, "s3:GetObject", f"arn:aws:s3:::{bucket}/{prefix}model"):
            raise ValueError(f'Could not access model data at {uri}: the role "{role}" may not read it.')


def _require_reachable(properties):
    """SageMaker asks for a private registry's login, and joins the model's network, as the execution role."""
    role, account = properties["ExecutionRoleArn"], properties["ExecutionRoleArn"].split(":")[4]
    image = properties.get("PrimaryContainer", {}).get("ImageConfig", {})
    login = image.get("RepositoryAuthConfig", {}).get("RepositoryCredentialsProviderArn")
    if login and not may(role, "lambda:InvokeFunction", login):
        raise ValueError(f'The role "{role}" may not invoke {login}.')
    network = properties.get("VpcConfig", {})
    named = [("subnet", id_) for id_ in network.get("Subnets", [])]
    named += [("security-group", id_) for id_ in network.get("SecurityGroupIds", [])]
    for kind, id_ in named:
        arn = f"arn:aws:ec2:{get_region()}:{account}:{kind}/{id_}"
        if not may(role, "ec2:CreateNetworkInterface", arn):
            raise ValueError(f'The role "{role}" may not make network interfaces with {id_}.')


def _add_type(kind, arn_kind):
    key = kind + "Name"

    def made(name):
        arn = arn_of(arn_kind, name)
        return arn, {key: name, kind + "Arn": arn}  # Ref is the ARN, as on AWS

    def name_of(physical_id, properties):
        return properties.get(key) or physical_id.split("/")[-1]  # generated names are lower case, like their ARNs

    def generated(logical_id, stack):
        # New each time: a replacement stands beside its predecessor until the update is through.
        name = provisioners._physical_name(stack, logical_id, max_len=50).lower()
        return f"{name}-{os.urandom(4).hex()}"

    def create(logical_id, properties, stack):
        wanted = _input_of("Create" + kind, properties)
        name = wanted.setdefault(key, generated(logical_id, stack))
        _require_rights(kind, stack, wanted, made(name)[0])
        if kind == "Model":
            _require_readable(wanted)
            _require_reachable(wanted)
        sagemaker("Create" + kind, **wanted)
        if kind == "Endpoint":
            try:
                _until_settled(name, wanted["EndpointConfigName"])
            except ValueError:
                _delete(kind, name)
                raise
        return made(name)

    def update(physical_id, old, new, stack, logical_id=None):
        if kind != "Endpoint" or new.get(key) != old.get(key):
            return create(logical_id, new, stack)  # a replacement: MiniStack deletes the predecessor afterwards
        name = name_of(physical_id, new)
        require_role_may(stack, "sagemaker:UpdateEndpoint", physical_id)
        changes = {property_: value for property_, value in new.items() if property_ not in (key, "Tags")}
        sagemaker("UpdateEndpoint", EndpointName=name, **_input_of("UpdateEndpoint", changes))
        _until_settled(name, new["EndpointConfigName"])
        return made(name)

    def delete(physical_id, properties):
        _delete(kind, name_of(physical_id, properties))

    resource_type("AWS::SageMaker::" + kind, create=create, update=update, update_with_logical_id=True, delete=delete)


for _kind, _arn_kind in (("Model", "model"), ("EndpointConfig", "endpoint-config"), ("Endpoint", "endpoint")):
    _add_type(_kind, _arn_kind)

# Accepted without effect, so that templates deploy whole: nothing scales here.
for _type in ("ApplicationAutoScaling::ScalableTarget", "ApplicationAutoScaling::ScalingPolicy", "CloudWatch::CompositeAlarm"):
    resource_type(
        "AWS::" + _type,
        create=lambda logical_id, properties, stack: (f"{stack}-{logical_id}", {}),
        delete=lambda *_: None,
    )


@patch(stacks)
def _runs_on_worker_thread(original, type_):
    """Waiting for an endpoint must not stop the event loop that answers everybody, the stub's questions to S3 too."""
    return type_.startswith("AWS::SageMaker::") or original(type_)
