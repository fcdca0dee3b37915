"""Starts MiniStack 1.5.33 with what Tidegate needs of AWS and that version lacks: see `mends/`.

Environment: what MiniStack reads, SAGEMAKER_STUB, the address of the stub of SageMaker (sagemaker-stub.ts), and
ATHENA_STAND_IN, that of what answers SQL (infra-tests/trino/athena.ts), where one does.
SIGUSR1 turns IAM on and off, and says so on stdout when it holds for functions too.
"""

import signal
import threading
from importlib.metadata import version

assert version("ministack") == "1.5.33", "written against MiniStack 1.5.33: read every mend again before moving"

import ministack.app as app
from ministack.core import lambda_runtime

from mends import deliveries, functions, objects_on_disk, rest_apis, sagemaker_types, stack_rights, state_machines, streaming  # noqa: F401, E501 (importing mends)
from mends.state_events import follow_endpoints


def restart_functions():
    """A warm function keeps the credentials that it was started with, and would pass every check."""
    lambda_runtime.reset()
    print(f"IAM is {'on' if app.AUTH else 'off'}", flush=True)


def toggle_iam(*_):
    app.AUTH = not app.AUTH
    threading.Thread(target=restart_functions).start()


follow_endpoints("000000000000", "us-east-1")
signal.signal(signal.SIGUSR1, toggle_iam)
try:
    app.main()
finally:
    lambda_runtime.reset()  # or their processes and folders would stay
