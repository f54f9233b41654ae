"""A service of the world wasi:http/proxy 0.2, asynchronous on the inside: its event loop waits in `wasi:io/poll`."""

import asyncio

import poll_loop
from componentize_py_types import Ok
from poll_loop import PollLoop, Sink, Stream
from wit_world import exports
from wit_world.imports.types import (
    Fields,
    IncomingRequest,
    Method_Get,
    OutgoingRequest,
    OutgoingResponse,
    ResponseOutparam,
    Scheme_Http,
)


class IncomingHandler(exports.IncomingHandler):
    def handle(self, request: IncomingRequest, response_out: ResponseOutparam) -> None:
        loop = PollLoop()
        asyncio.set_event_loop(loop)
        loop.run_until_complete(handle(request, response_out))


async def handle(request: IncomingRequest, out: ResponseOutparam) -> None:
    path, _, query = (request.path_with_query() or "/").partition("?")
    response = OutgoingResponse(Fields.from_list([("content-type", b"text/plain")]))
    body = response.body()
    ResponseOutparam.set(out, Ok(response))
    sink = Sink(body)
    if path == "/echo":
        stream = Stream(request.consume())
        while (chunk := await stream.next()) is not None:
            await sink.send(chunk)
    elif path == "/sizes":
        sizes = await asyncio.gather(*(size(url) for url in query.split(",")))
        await sink.send(repr(sizes).encode())
    else:
        await sink.send(b"Hello from Python\n")
    sink.close()


async def size(url: str) -> int:
    """How many bytes there are at an http URL."""
    authority, _, path = url.removeprefix("http://").partition("/")
    request = OutgoingRequest(Fields.from_list([]))
    request.set_method(Method_Get())
    request.set_scheme(Scheme_Http())
    request.set_authority(authority)
    request.set_path_with_query("/" + path)
    answer = await poll_loop.send(request)
    stream = Stream(answer.consume())
    count = 0
    while (chunk := await stream.next()) is not None:
        count += len(chunk)
    return count
