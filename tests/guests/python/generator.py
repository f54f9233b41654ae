"""A service of the world wasi:http/service 0.3: what it answers streams, as that in Rust does."""

from typing import Optional

import componentize_py_async_support as tasks
import wit_world
from componentize_py_async_support.futures import FutureReader
from componentize_py_async_support.streams import ByteStreamReader, ByteStreamWriter
from componentize_py_types import Ok, Result
from wit_world import exports
from wit_world.imports.wasi_http_types import ErrorCode, Fields, Request, Response

CHUNK = 64 * 1024


class Handler(exports.Handler):
    async def handle(self, request: Request) -> Response:
        _, route, *rest = (request.get_path_with_query() or "/").split("/")
        writer, reader = wit_world.byte_stream()
        if route == "count":
            tasks.spawn(count(int(rest[0]), writer))
        elif route == "upper":
            tasks.spawn(upper(Request.consume_body(request, fine())[0], writer))
        else:
            tasks.spawn(say(b"Hello from Python\n", writer))
        fields = Fields.from_list([("content-type", b"text/plain")])
        return Response.new(fields, reader, no_trailers())[0]


async def count(left: int, writer: ByteStreamWriter) -> None:
    with writer:
        while left > 0 and not writer.reader_dropped:
            await writer.write_all(b"." * min(left, CHUNK))
            left -= CHUNK


async def upper(reader: ByteStreamReader, writer: ByteStreamWriter) -> None:
    with reader, writer:
        while not reader.writer_dropped and not writer.reader_dropped:
            await writer.write_all((await reader.read(CHUNK)).upper())


async def say(text: bytes, writer: ByteStreamWriter) -> None:
    with writer:
        await writer.write_all(text)


def no_trailers() -> FutureReader[Result[Optional[Fields], ErrorCode]]:
    return wit_world.result_option_wasi_http_types_fields_wasi_http_types_error_code_future(
        lambda: Ok(None)
    )[1]


def fine() -> FutureReader[Result[None, ErrorCode]]:
    return wit_world.result_unit_wasi_http_types_error_code_future(lambda: Ok(None))[1]
