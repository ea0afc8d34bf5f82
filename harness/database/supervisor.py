"""Runs one PostgreSQL and leaves nothing of it once standard input ends, however the process that held it ended.

A program of its own (``python -I supervisor.py JOB``), standard library only: it must outlive the harness by the moment
that cleaning up takes. JOB is a JSON object: ``bin`` (folder of the programs), ``movable_root`` and ``movable`` (what to
copy where the server's user can't enter ``bin``), ``cache`` (folder for templates, or null), ``settings`` (arguments of
``postgres``). The word ``sweep`` in its place only removes what supervisors that were killed have left.

It reports on standard output, one JSON object a line: ``{"ready": ...}``, ``{"failed": ...}`` or, after ready,
``{"ended": ...}``.
"""

import contextlib
import ctypes
import fcntl
import hashlib
import json
import os
import platform
import pwd
import re
import resource
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

MARK = "hh-"
LOCK = "supervised"
FORMAT = b"hybrid-harness template 1"
NOBODY = 65534
NEW_USER_NAMESPACE = 0x10000000
"""CLONE_NEWUSER of Linux's unshare()."""
MEMORY, DISK = "/dev/shm", "/tmp"  # noqa: S108 - only mkdtemp writes there
PLENTY = 4 << 30
"""Free bytes from which a run may have its data in memory."""
MOST_DATA = 1 << 30
"""Bytes of its own that each process of the server may take: an aggregate that explodes must not take the machine's."""
POLL = 0.003
"""Seconds between looks at a server that is starting; pg_ctl's 0.1 would be most of the time to ready."""
WATCH = 1.0
"""Seconds between looks at whether the folder is still there."""
PATIENCE = 120.0
"""Seconds for initdb, and for the server to get ready: slow disks and busy machines, not the usual case."""
SHUTDOWN = 10.0
"""Seconds after which a server that was told to quit is killed; it kills its own children after 5."""
LOG_LINES = 15
STATUS_LINE = 7
"""Of postmaster.pid, from 0 (LOCK_FILE_LINE_PM_STATUS in PostgreSQL's miscadmin.h)."""


class Ending(Exception):
    """Standard input ended, or a signal asks this program to end."""


class Failure(Exception):
    """The server can't be started; the text is for people."""


class Watch:
    """Waits for children, and notices the end of standard input and the signals that mean the same.

    Nothing is raised between two statements, as a handler would do it: only ``pause`` raises, so that no process and no
    folder is ever made without being noted.
    """

    def __init__(self) -> None:
        self._reader, writer = os.pipe()
        for end in (self._reader, writer):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *_: None)

    def pause(self, seconds: float) -> None:
        """Wait until a child ends or the time is over; raises Ending."""
        ready, _, _ = select.select([sys.stdin.fileno(), self._reader], [], [], seconds)
        if self._reader in ready and set(os.read(self._reader, 4096)) - {signal.SIGCHLD}:
            raise Ending
        if sys.stdin.fileno() in ready and not os.read(sys.stdin.fileno(), 4096):
            raise Ending


class Identity:
    """The user that PostgreSQL runs as: nobody where this is root, which it refuses, else the user of this process."""

    def __init__(self) -> None:
        self.changed = os.geteuid() == 0
        self.uid, self.gid = os.geteuid(), os.getegid()
        if self.changed:
            try:
                entry = pwd.getpwnam("nobody")
                self.uid, self.gid = entry.pw_uid, entry.pw_gid
            except KeyError:
                self.uid = self.gid = NOBODY

    @property
    def is_named(self) -> bool:
        """Whether the user has an entry in passwd, as images whose containers run as any user have none for it."""
        try:
            pwd.getpwuid(self.uid)
        except KeyError:
            return False
        return True

    def take_a_name(self) -> None:
        """Call the user of this process nobody in it and its children: initdb works for no user without a name."""
        uid = self.uid
        if ctypes.CDLL(None).unshare(NEW_USER_NAMESPACE):
            raise OSError
        Path("/proc/self/uid_map").write_text(f"{pwd.getpwnam('nobody').pw_uid} {uid} 1")

    def own(self, folder: Path) -> None:
        """Hand the folder and all in it over to the user."""
        if not self.changed:
            return
        os.chown(folder, self.uid, self.gid)
        for parent, folders, files in os.walk(folder):
            for name in folders + files:
                os.chown(os.path.join(parent, name), self.uid, self.gid, follow_symlinks=False)  # noqa: PTH118 - as in Template._write_out

    def popen(self, command: list[str], **options: Any) -> "subprocess.Popen[str]":
        """Start a program as the user, with what PostgreSQL needs of the environment and no more."""
        if self.changed:
            options |= {"user": self.uid, "group": self.gid, "extra_groups": []}
        kept = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "LOCPATH")
        environment = {name: os.environ[name] for name in kept if name in os.environ}
        return subprocess.Popen(  # noqa: S603 - PostgreSQL's own programs, from the folder that the harness names
            command,
            stdin=subprocess.DEVNULL,
            cwd="/",
            env=environment | {"LC_ALL": "C", "TZ": "UTC"},
            text=True,
            start_new_session=True,
            **options,
        )


class Template:
    """A freshly initialised data folder as one file in the user's cache: read, checked and replaced as a whole.

    One file and not a folder, because a file can be replaced while others read it, and a checksum of it costs little.
    """

    def __init__(self, cache: str | None, key: list[str]) -> None:
        digest = hashlib.sha256("\n".join(key).encode()).hexdigest()[:16]
        self._file = Path(cache, f"{digest}.template") if cache else None

    def unpack(self, data: Path) -> bool:
        """Write the data folder; False (and nothing written) where there is no such template, or a damaged one."""
        mark, _, content = self._read().partition(b"\n")
        checksum, _, content = content.partition(b"\n")
        if mark != FORMAT or checksum != _checksum(content):
            return False
        index, _, payload = content.partition(b"\n")
        self._write_out(data, json.loads(index), memoryview(payload))
        return True

    def pack(self, data: Path) -> None:
        """Keep the data folder for the next time; a cache that can't be written is done without."""
        if self._file is None:
            return
        index: dict[str, Any] = {"folders": [], "files": []}
        payload = b"".join(_contents(data, index))
        content = json.dumps(index).encode() + b"\n" + payload
        with contextlib.suppress(OSError):
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._replace(b"\n".join([FORMAT, _checksum(content), content]), self._file)

    def discard(self) -> None:
        """Forget a template that no server starts from."""
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._file.unlink()

    def _read(self) -> bytes:
        if self._file is None:
            return b""
        try:
            with self._file.open("rb") as file:
                # Where root keeps HOME, the cache is a user's, who must not choose what root's server starts from.
                return file.read() if os.fstat(file.fileno()).st_uid == os.geteuid() else b""
        except OSError:
            return b""

    @staticmethod
    def _write_out(data: Path, index: dict[str, Any], payload: memoryview) -> None:
        data.mkdir()
        root = str(data)
        for name in index["folders"]:
            os.mkdir(f"{root}/{name}")  # noqa: PTH102 - here and below: a thousand files, pathlib takes twice the time
        start = 0
        for name, size in index["files"]:
            descriptor = os.open(f"{root}/{name}", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            try:
                while size:
                    written = os.write(descriptor, payload[start : start + size])
                    start, size = start + written, size - written  # noqa: PLW2901 - what is left of it
            finally:
                os.close(descriptor)

    @staticmethod
    def _replace(content: bytes, file: Path) -> None:
        descriptor, temporary = tempfile.mkstemp(dir=file.parent, prefix=f"{file.stem}.", suffix=".part")
        try:
            with os.fdopen(descriptor, "wb") as part:
                part.write(content)
            Path(temporary).replace(file)
        except OSError:
            Path(temporary).unlink()
            raise


def _checksum(content: bytes) -> bytes:
    return b"%08x" % zlib.crc32(content)


def _contents(data: Path, index: dict[str, Any]) -> Iterator[bytes]:
    for parent, folders, files in os.walk(data):
        inside = Path(parent).relative_to(data)
        index["folders"] += [str(inside / name) for name in folders]
        for name in files:
            content = (data / inside / name).read_bytes()
            index["files"].append([str(inside / name), len(content)])
            yield content


class Programs:
    """PostgreSQL's own programs, run as the identity, from a copy where it can't enter their folder."""

    def __init__(self, job: dict[str, Any], identity: Identity) -> None:
        self.identity = identity
        self.said = ""
        """What ``postgres --version`` says, with the distribution's suffix."""
        self._folder = Path(job["bin"])
        self._root = Path(job["movable_root"])
        self._movable = [Path(part) for part in job["movable"]]

    def path(self, name: str) -> str:
        """Return the path of a program."""
        return str(self._folder / name)

    def try_out(self) -> bool:
        """Ask for the version; False where the identity may not run the programs."""
        try:
            process = self.identity.popen([self.path("postgres"), "--version"], stdout=subprocess.PIPE)
        except PermissionError:
            return False
        self.said = process.communicate()[0].strip()
        return True

    def move(self, folder: Path) -> None:
        """Copy the programs to where the identity may run them. Raises Failure."""
        original = self.path("postgres")
        for part in self._movable:
            if part.exists():
                shutil.copytree(part, folder / part.relative_to(self._root), symlinks=True)
                self._folder = folder / Path(original).parent.relative_to(self._root)
        if self._movable:
            self.identity.own(folder)
        if not (self._movable and self.try_out()):
            user = "nobody, as PostgreSQL refuses to run as root," if self.identity.changed else "this user"
            raise Failure(f"{user} may not run {original}")

    def version(self) -> str:
        """Return the version, such as 18.6. Raises Failure."""
        number = re.search(r"\) (\d\S*)", self.said)
        if number is None:
            raise Failure(f"{self.path('postgres')} doesn't say its version: {self.said!r}")
        return number[1]


class Cluster:
    """One data folder, its socket and its server, in one folder of their own."""

    def __init__(self, folder: Path, job: dict[str, Any], watch: Watch, programs: Programs) -> None:
        self.folder = folder
        self.data = folder / "d"
        self._cache = job["cache"]
        self._settings = job["settings"]
        self._watch = watch
        self._programs = programs
        self._log = folder / "log"
        self._server: subprocess.Popen[str] | None = None

    def start(self) -> str:
        """Start the server, from a template where there is one, and return its version. Raises Failure and Ending."""
        version = self._programs.version()
        options = _initdb_options(int(re.split(r"\D", version)[0]))
        key = [self._programs.said, platform.machine(), str(os.geteuid()), *options]
        template = Template(self._cache, key)
        if template.unpack(self.data):
            self._programs.identity.own(self.data)
            try:
                self._serve()
            except Failure:
                template.discard()
                self._clear()
            else:
                return version
        self._initialise(options)
        template.pack(self.data)
        self._serve()
        return version

    def attend(self) -> str:
        """Wait while the server runs and its folder is there; say how it ended. Raises Ending."""
        assert self._server is not None
        while self._server.poll() is None:
            if not self.data.exists():
                return "its folder was removed"
            self._watch.pause(WATCH)
        return f"its process ended with {self._server.returncode}"

    def log_tail(self) -> list[str]:
        """Return the last lines that initdb or the server wrote."""
        try:
            with self._log.open("rb") as file:
                file.seek(max(0, self._log.stat().st_size - 8192))
                return file.read().decode(errors="replace").splitlines()[-LOG_LINES:]
        except OSError:
            return []

    def end(self) -> None:
        """End the server, at once and without saving anything."""
        if self._server is None:
            return
        if self._server.poll() is None:
            self._server.send_signal(signal.SIGQUIT)
            try:
                self._server.wait(SHUTDOWN)
            except subprocess.TimeoutExpired:
                self._server.kill()
                self._server.wait()
                kill_inside(self.folder)
        else:
            # Its backends may outlive a postmaster that was killed, for as long as their statement takes.
            kill_inside(self.folder)

    def _initialise(self, options: list[str]) -> None:
        with self._log.open("ab") as log:
            command = [self._programs.path("initdb"), "-D", str(self.data), *options]
            identity = self._programs.identity
            naming = {} if identity.is_named else {"preexec_fn": identity.take_a_name}
            try:
                initdb = identity.popen(command, stdout=log, stderr=log, **naming)
            except subprocess.SubprocessError:
                raise Failure(
                    f"initdb refuses the user {identity.uid}, who has no name: add one to /etc/passwd, as in "
                    f"`harness:x:{identity.uid}:{identity.gid}::/tmp:/bin/sh`"
                ) from None
        try:
            deadline = time.monotonic() + PATIENCE
            while initdb.poll() is None and time.monotonic() < deadline:
                self._watch.pause(WATCH)
        finally:
            if initdb.poll() is None:
                os.killpg(initdb.pid, signal.SIGKILL)
                initdb.wait()
        if initdb.returncode != 0:
            raise Failure("initdb can't make a data folder for PostgreSQL")

    def _serve(self) -> None:
        with self._log.open("ab") as log:
            command = [self._programs.path("postgres"), "-D", str(self.data), "-k", str(self.folder)]
            self._server = self._programs.identity.popen(command + self._settings, stdout=log, stderr=log)
        deadline = time.monotonic() + PATIENCE
        while not self._is_ready():
            if self._server.poll() is not None:
                raise Failure("PostgreSQL ended as soon as it was started")
            if time.monotonic() > deadline:
                raise Failure(f"PostgreSQL was not ready {PATIENCE:.0f} seconds after it was started")
            self._watch.pause(POLL)

    def _is_ready(self) -> bool:
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return len(lines) > STATUS_LINE and lines[STATUS_LINE].strip() == "ready"

    def _clear(self) -> None:
        self.end()
        self._server = None
        shutil.rmtree(self.data)
        self._log.unlink()


def _initdb_options(major: int) -> list[str]:
    options = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions"]
    options.append("--wal-segsize=1")
    since = {
        16: ["-c", "dynamic_shared_memory_type=mmap"],
        17: ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"],
        18: ["--no-data-checksums"],
    }
    return options + [option for version, added in since.items() if major >= version for option in added]


def place(*, for_programs: bool) -> Path:
    """Return where the folder goes; the path of a socket in it is limited to about 100 bytes.

    In memory where there is plenty: ext4 looks at every inode that was deleted in the last minutes when it makes a
    file (``recently_deleted`` in fs/ext4/ialloc.c), so that a database of 300 files takes 0.35 s instead of 0.02 s soon
    after another run has cleaned up. Not for programs, as /dev/shm is often mounted noexec.
    """
    if not for_programs and os.access(MEMORY, os.W_OK | os.X_OK):
        room = os.statvfs(MEMORY)
        if room.f_bavail * room.f_frsize >= PLENTY:
            return Path(MEMORY)
    return Path(DISK if os.access(DISK, os.W_OK | os.X_OK) else tempfile.gettempdir())


def lock_folder(folder: Path) -> None:
    """Lock the folder until this process ends, however it ends."""
    lock = os.open(folder / f"{LOCK}.new", os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    # Under its name only once it is held: whoever finds it and can take it knows that its holder is dead.
    (folder / f"{LOCK}.new").rename(folder / LOCK)


def sweep(owner: int) -> None:
    """Remove what supervisors that were killed have left."""
    for folder in chain.from_iterable(
        Path(parent).glob(f"{MARK}*") for parent in {MEMORY, DISK, tempfile.gettempdir()}
    ):
        try:
            if folder.is_symlink() or folder.stat().st_uid != owner:
                continue
            lock = os.open(folder / LOCK, os.O_RDWR | os.O_NOFOLLOW)
        except OSError:
            continue  # gone by now, or not one of ours
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            continue  # its supervisor lives
        else:
            kill_inside(folder)
            remove(folder)
        finally:
            os.close(lock)


def kill_inside(folder: Path) -> None:
    """Kill the processes that work in the folder, as every process of a PostgreSQL works in its data folder.

    Where there is no /proc, a postmaster notices within a minute that its folder has gone, and ends by itself.
    """
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (process / "cwd").readlink().is_relative_to(folder):
                os.kill(int(process.name), signal.SIGKILL)


def remove(folder: Path) -> None:
    """Remove the folder, though processes that were just killed may still be adding to it."""
    deadline = time.monotonic() + SHUTDOWN
    while folder.exists() and time.monotonic() < deadline:
        shutil.rmtree(folder, ignore_errors=True)


def report(**message: Any) -> None:
    """Tell the harness, if it is still there."""
    with contextlib.suppress(OSError):
        os.write(sys.stdout.fileno(), json.dumps(message).encode() + b"\n")


def supervise(cluster: Cluster, programs: Programs, *, in_place: bool) -> None:
    """Start the server and stay with it to its end. Raises Ending."""
    try:
        lock_folder(cluster.folder)
        programs.identity.own(cluster.folder)
        if not in_place:
            programs.move(cluster.folder / "p")
        version = cluster.start()
    except (Failure, OSError) as failure:
        report(failed=str(failure), log=cluster.log_tail())
        return
    report(ready=version, folder=str(cluster.folder))
    sweep(programs.identity.uid)
    report(ended=cluster.attend(), log=cluster.log_tail())


def bound_memory() -> None:
    """Give what is started from now on MOST_DATA at most: Linux has it count what a process shares with none."""
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    bounds = [each for each in (MOST_DATA, soft, hard) if each != resource.RLIM_INFINITY]
    resource.setrlimit(resource.RLIMIT_DATA, (min(bounds), hard))


def main() -> None:
    """Do the job that the command line names."""
    os.umask(0o077)
    bound_memory()
    identity = Identity()
    if sys.argv[1] == "sweep":
        sweep(identity.uid)
        return
    watch = Watch()
    job = json.loads(sys.argv[1])
    programs = Programs(job, identity)
    try:
        in_place = programs.try_out()
        folder = Path(tempfile.mkdtemp(prefix=MARK, dir=place(for_programs=not in_place)))
    except OSError as error:
        report(failed=str(error), log=[])
        return
    cluster = Cluster(folder, job, watch, programs)
    try:
        supervise(cluster, programs, in_place=in_place)
    except Ending:
        pass
    finally:
        cluster.end()
        remove(folder)


if __name__ == "__main__":
    main()
