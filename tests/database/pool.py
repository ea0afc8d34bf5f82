"""A pool as people put it before PostgreSQL: many clients, one connection to the server, lent for a transaction at a time."""

import socket
import struct
import threading
from pathlib import Path

PROTOCOL = 196608
AUTHENTICATED = b"R" + struct.pack("!II", 8, 0)
ENDS, READY, IDLE = b"QS", b"Z", b"I"


class Pool:
    """Listens on a socket in ``folder``; ``server`` is the socket of the server behind it."""

    def __init__(self, folder: Path, server: str, *, user: str, database: str) -> None:
        self._server = socket.socket(socket.AF_UNIX)
        self._server.connect(server)
        words = b"\0".join([b"user", user.encode(), b"database", database.encode(), b"", b""])
        self._server.sendall(struct.pack("!II", len(words) + 8, PROTOCOL) + words)
        self._greeting = b"".join(self._until_ready())
        self._turn = threading.Lock()
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(folder / ".s.PGSQL.5432"))
        self._listener.listen()
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()
        self._server.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=[client], daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client:
            (length,) = struct.unpack("!I", read(client, 4))
            read(client, length - 4)
            client.sendall(self._greeting)
            lent = False
            while (message := read_message(client)) and message[:1] != b"X":
                if not lent:
                    self._turn.acquire()
                    lent = True
                self._server.sendall(message)
                if message[:1] in ENDS:
                    answer = self._until_ready()
                    client.sendall(b"".join(answer))
                    if answer[-1][-1:] == IDLE:
                        self._turn.release()
                        lent = False

    def _until_ready(self) -> list[bytes]:
        answer = [read_message(self._server)]
        while answer[-1][:1] != READY:
            answer.append(read_message(self._server))
        return answer


def read(connection: socket.socket, length: int) -> bytes:
    data = b""
    while len(data) < length and (more := connection.recv(length - len(data))):
        data += more
    return data


def read_message(connection: socket.socket) -> bytes:
    """One message with its type and length; nothing where the other side has gone."""
    head = read(connection, 5)
    return head + read(connection, struct.unpack("!I", head[1:])[0] - 4) if len(head) == 5 else b""
