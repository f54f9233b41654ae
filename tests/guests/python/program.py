"""A program of the world wasi:cli/command 0.2: its first argument says what it does."""

import encodings.idna  # noqa: F401, needed by `socket`; there is no file to load it from later
import os
import socket
import sys
import time

from wit_world import exports


def lines() -> None:
    """Answers each line as soon as it is there."""
    print("> ", end="", flush=True)
    for line in sys.stdin:
        print(line.strip().upper() + "\n> ", end="", flush=True)
    print("end")


def sleep(milliseconds: str) -> None:
    start = time.monotonic()
    time.sleep(int(milliseconds) / 1000)
    assert time.monotonic() - start >= int(milliseconds) / 1000
    print("slept", os.environ.get("NAME"))


def files(root: str) -> None:
    folder = os.path.join(root, "made", "deep")
    os.makedirs(folder)
    path = os.path.join(folder, "one.txt")
    with open(path, "w") as file:
        file.write("a line\n" * 1000)
    with open(path) as file:
        print(len(file.read()), os.listdir(os.path.join(root, "made")), os.stat(path).st_size)
    os.remove(path)
    os.removedirs(folder)


def connect(address: str) -> None:
    host, port = address.split(":")
    with socket.create_connection((host, int(port))) as stream:
        stream.sendall(b"x" * 100_000)
        stream.shutdown(socket.SHUT_WR)
        answer = b""
        while chunk := stream.recv(4096):
            answer += chunk
    print(answer.decode())


class Run(exports.Run):
    def run(self) -> None:
        _, name, *rest = sys.argv
        {"lines": lines, "sleep": sleep, "files": files, "connect": connect, "exit": sys.exit}[
            name
        ](*rest)
