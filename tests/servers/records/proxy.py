"""A network between a client and a server that loses the answers to writes, when told to."""

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Self

HTTP_WRITE = re.compile(rb"\APUT [^\r]*(/|%2F)endpoints(/|%2F)")
"""The write that decides; what is laid beside it says the same however often it is written."""

SQL_COMMIT = re.compile(rb"COMMIT\x00")


class LossyProxy:
    """Passes everything on both ways, as long as the `with` lasts.

    Args:
        port: of the server.
        writes: what a request that is a write looks like.
    """

    def __init__(self, port: int, writes: re.Pattern[bytes]) -> None:
        self._target = port
        self._writes = writes
        self._every = 0
        self._count = 0
        self._lock = threading.Lock()
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        self.lost = 0

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # A blocked accept is not woken by close alone.
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()

    @contextmanager
    def every(self, nth: int) -> Iterator[None]:
        """Meanwhile each so-many-th write is carried out and its answer is lost."""
        self._every, self._count, self.lost = nth, 0, 0
        yield
        self._every = 0

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._server.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, socket.create_connection(("127.0.0.1", self._target)) as server:
            for end in (client, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            loses = threading.Event()
            back = threading.Thread(target=_answers, args=(server, client, loses), daemon=True)
            back.start()
            with suppress(OSError):
                while data := client.recv(65536):
                    if self._is_lost(data):
                        loses.set()
                    server.sendall(data)
            with suppress(OSError):
                server.shutdown(socket.SHUT_WR)
            back.join()

    def _is_lost(self, data: bytes) -> bool:
        if not self._every or not self._writes.search(data):
            return False
        with self._lock:
            self._count += 1
            lost = self._count % self._every == 0
            self.lost += lost
            return lost


def _answers(server: socket.socket, client: socket.socket, loses: threading.Event) -> None:
    with suppress(OSError):
        while data := server.recv(65536):
            if loses.is_set():
                break
            client.sendall(data)
    with suppress(OSError):
        client.shutdown(socket.SHUT_RDWR)
