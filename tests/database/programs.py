"""PostgreSQL and pgbouncer as people run them: started by hand, with settings of their own, and started again."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from pathlib import Path

import sqlalchemy

from harness.database import embedded
from harness.database.supervisor import place

from .observe import ask, until

PGBOUNCER = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
AS_NOBODY = {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.geteuid() == 0 else {}
BOUNCER = """
[databases]
* = host={server} port=5432
[pgbouncer]
listen_port = 5432
unix_socket_dir = {folder}
auth_type = trust
auth_file = {folder}/users
pool_mode = {mode}
"""


class Program:
    """One that runs in a folder of its own, as this user or, for root, as nobody; ended on leaving."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="hh-tests-", dir=place(for_programs=False)))
        self.folder.chmod(0o777)
        self._running: subprocess.Popen[bytes] | None = None

    def run(self, *command: object) -> None:
        subprocess.run([str(each) for each in command], check=True, cwd="/", capture_output=True, **AS_NOBODY)

    def start(self, *command: object) -> None:
        with (self.folder / "log").open("ab") as log:
            self._running = subprocess.Popen(
                [str(each) for each in command], cwd="/", stdout=log, stderr=log, **AS_NOBODY
            )
        until(self._listens)

    def _listens(self) -> bool:
        with socket.socket(socket.AF_UNIX) as client:
            return client.connect_ex(str(self.folder / ".s.PGSQL.5432")) == 0

    def end(self, number: int = signal.SIGINT) -> None:
        if self._running is not None:
            self._running.send_signal(number)
            self._running.wait()
            self._running = None

    def __enter__(self):
        return self

    def __exit__(self, *_: object) -> None:
        self.end(signal.SIGQUIT)
        shutil.rmtree(self.folder)

    @property
    def url(self) -> sqlalchemy.URL:
        return sqlalchemy.make_url(f"postgresql+psycopg://postgres@/postgres?host={self.folder}&port=5432")


class Postgres(Program):
    """``settings`` are those of postgresql.conf; a ``standby`` is a replica, whose primary can't be reached just now."""

    def __init__(self, settings: str = "", *, standby: bool = False) -> None:
        super().__init__()
        self._programs = embedded.find().folder
        self._data = self.folder / "data"
        self.run(self._programs / "initdb", "-D", self._data, "-U", "postgres", "-A", "trust", "--no-sync")
        with (self._data / "postgresql.conf").open("a") as file:
            file.write(
                f"listen_addresses = ''\nunix_socket_directories = '{self.folder}'\nfsync = off\n{settings}\n"
            )
        if standby:
            self.run("touch", self._data / "standby.signal")
        self.begin()

    def begin(self) -> None:
        self.start(self._programs / "postgres", "-D", self._data)
        until(self._answers)

    def _answers(self) -> bool:
        try:
            return ask(self.url, "SELECT 1") == 1
        except sqlalchemy.exc.OperationalError:  # it is starting up
            return False


class Bouncer(Program):
    """pgbouncer before ``server``, in ``mode``: session, transaction or statement."""

    def __init__(self, server: sqlalchemy.URL, mode: str) -> None:
        super().__init__()
        (self.folder / "users").write_text('"postgres" ""\n"pooled" ""\n')
        settings = self.folder / "pgbouncer.ini"
        settings.write_text(BOUNCER.format(server=server.query["host"], folder=self.folder, mode=mode))
        self.start(PGBOUNCER, settings)
