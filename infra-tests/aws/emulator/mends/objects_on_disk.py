"""S3's objects as files that Trino reads: each at its key, and nothing beside it. State is thrown away, so none is read again."""

import os
import uuid

from ministack.core.responses import get_account_id
from ministack.services import s3

from mends.patch import patch, resource_type

_bucket = resource_type("AWS::S3::Bucket")


def _create_bucket(logical_id, properties, stack):
    """MiniStack makes the folder of a bucket that CloudFormation makes with its first object."""
    made = _bucket["create"](logical_id, properties, stack)
    if s3.S3_PERSIST:
        os.makedirs(os.path.join(s3.DATA_DIR, get_account_id(), made[0]), exist_ok=True)
    return made


resource_type("AWS::S3::Bucket", create=_create_bucket)


@patch(s3)
def _atomic_write(_original, path, data, *, text=False):
    """MiniStack keeps what it knows of an object in a file beside it, and writes under a name that a reader could meet."""
    if path.endswith(".meta.json"):
        return
    folder, name = os.path.split(path)
    hidden = os.path.join(folder, f".{name[:100]}.{uuid.uuid4().hex}")
    with open(hidden, "wb") as file:
        file.write(data.encode() if text else data)
    os.replace(hidden, path)
