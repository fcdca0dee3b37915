"""Lambda's streamed responses (`awslambda.streamifyResponse`) through API Gateway; MiniStack has neither.

A worker writes each chunk as a line on its protocol pipe. Chunks go to the waiting request at once; the invocation
ends with the handler's promise, as on Lambda, so what runs after the stream still belongs to it.
"""

import asyncio
import base64
import json

import ministack.core.lambda_runtime as lambdas
from ministack.core.responses import StreamingResponse
from ministack.services import apigateway_v1 as api

from mends.patch import patch

END_OF_PRELUDE = b"\0" * 8
FAILED = 502, {"Content-Type": "application/json"}, b'{"message": "Internal server error"}'

lambdas._NODEJS_WORKER_SCRIPT = (
    r"""
{
  const out = process.stdout.write.bind(process.stdout);
  const { Writable } = require("stream");
  const streamify = (handler) => async (event, context) => {
    const sent = [];
    const id = event?.requestContext?.requestId ?? "";
    const say = (message) => out(JSON.stringify({ stream: id, ...message }) + "\n");
    const stream = new Writable({
      write(chunk, _, done) {
        // The prelude goes with the first write, not before.
        if (stream.prelude) chunk = Buffer.concat([stream.prelude, chunk]);
        stream.prelude = undefined;
        sent.push(chunk);
        say({ data: chunk.toString("base64") });
        done();
      },
      final(done) {
        say({ end: true });
        done();
      },
    });
    stream.setContentType = () => {};
    await handler(event, stream, context);
    return Buffer.concat(sent).toString();
  };
  const from = (stream, metadata) => {
    stream.prelude = Buffer.from(JSON.stringify(metadata) + "\0".repeat(8));
    return stream;
  };
  globalThis.awslambda = { HttpResponseStream: { from }, streamifyResponse: streamify };
}
"""
    + lambdas._NODEJS_WORKER_SCRIPT
)

_waiting = {}  # request id -> what takes the messages of its stream


class _ProtocolPipe:
    """A worker's stdout, of which the lines of streams are taken out on the way."""

    def __init__(self, pipe):
        self.pipe = pipe

    def __getattr__(self, name):
        return getattr(self.pipe, name)

    def readline(self):
        while (line := self.pipe.readline()).startswith('{"stream":'):
            message = json.loads(line)
            _waiting.get(message["stream"], lambda _: None)(message)
        return line


@patch(lambdas.Worker)
def _spawn(original, worker):
    original(worker)
    worker._proc.stdout = _ProtocolPipe(worker._proc.stdout)


def _start(function, event, account, region):
    """Calls the function; the queue gets its chunks, and `over` when the invocation has ended."""
    loop, queue, id_ = asyncio.get_running_loop(), asyncio.Queue(), event["requestContext"]["requestId"]
    _waiting[id_] = lambda message: loop.call_soon_threadsafe(queue.put_nowait, message)
    call = loop.create_task(api._call_lambda_raw(function, event, account_id=account, region=region))

    def ended(_):
        _waiting.pop(id_)
        queue.put_nowait({"over": True})

    call.add_done_callback(ended)
    return queue


def _headers_of(head):
    headers = {"Content-Type": "application/json"}
    for part in ("headers", "multiValueHeaders"):
        headers |= {name.title(): value for name, value in (head.get(part) or {}).items()}
    return headers | ({"Set-Cookie": head["cookies"]} if head.get("cookies") else {})


@patch(api)
async def _invoke_lambda_proxy_v1(original, integration, *args, owner_account_id=None, owner_region=None, **rest):
    function, streams, _ = integration.get("uri", "").partition("/response-streaming-invocations")
    if not streams:
        return await original(integration, *args, owner_account_id=owner_account_id, owner_region=owner_region, **rest)
    event = api._build_lambda_event_v1(*args, **rest)
    queue = _start(function.split("/functions/")[1], event, owner_account_id, owner_region)
    got, message = b"", {}
    while END_OF_PRELUDE not in got and not message.keys() & {"end", "over"}:
        message = await queue.get()
        got += base64.b64decode(message.get("data", ""))
    prelude, found, first = got.partition(END_OF_PRELUDE)
    if not found:  # it failed before its prelude, or wrote none
        return FAILED
    head = json.loads(prelude)

    async def send_rest(send, _receive):
        await send({"type": "http.response.body", "body": first, "more_body": True})
        while "end" not in (message := await queue.get()):
            if "over" in message:
                return  # it died in mid-stream: the client sees a cut response
            await send({"type": "http.response.body", "body": base64.b64decode(message["data"]), "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    return int(head.get("statusCode", 200)), _headers_of(head), StreamingResponse(send_rest)
