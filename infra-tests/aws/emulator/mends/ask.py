"""Questions to the stand-ins that answer in MiniStack's place."""

import urllib.error
import urllib.request

LONGEST_S = 70  # an invocation of SageMaker may take 60 s
KEPT = {"content-type", "accept"}


def ask(address, path, body=None, headers=None):
    """One request to a stand-in: its status, headers and body."""
    try:
        request = urllib.request.Request(address + path, body, headers or {})
        with urllib.request.urlopen(request, timeout=LONGEST_S) as answer:
            return answer.status, dict(answer.headers), answer.read()
    except urllib.error.HTTPError as error:
        return error.code, dict(error.headers), error.read()


def passed_on(headers):
    """The headers of a request or an answer that stand-ins and their callers need."""
    return {name: text for name, text in headers.items() if name.lower() in KEPT or name.lower().startswith("x-amz")}
