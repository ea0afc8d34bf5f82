"""Where the report goes, and what else may be seen there."""

import json
import os
import pty
import signal
import subprocess
import sys
import threading

import pytest

MODELS = """
import os
import sys

from sqlalchemy import String
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

print("printed at import")
handle = sys.stdout

class Base(DeclarativeBase):
    pass

class Item(Base):
    __tablename__ = "item"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(9))

    @hybrid_property
    def plain(self):
        print("printed by the getter", file=handle)
        return self.name

    @hybrid_property
    def is_café(self):
        return self.name == "café"

    @is_café.inplace.expression
    @classmethod
    def _is_café_expression(cls):
        return cls.name == "cafe"
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shop")
    (folder / "shop.py").write_text(MODELS, encoding="utf-8")
    return folder


ARGUMENTS = ("check", "shop", "--examples", "5")


def on_terminal(folder, *arguments, stream="stderr", **changes):
    """Run with one stream on a terminal; return the status, what it showed there, and what came through the other."""
    kept = {k: v for k, v in os.environ.items() if k not in {"NO_COLOR", "FORCE_COLOR", "COLUMNS"}}
    ours, theirs = pty.openpty()
    other = "stdout" if stream == "stderr" else "stderr"
    process = subprocess.Popen(
        [sys.executable, "-m", "harness", *arguments],
        cwd=folder,
        env=kept | {"TERM": "xterm-256color"} | changes,
        text=True,
        **{stream: theirs, other: subprocess.PIPE},
    )
    os.close(theirs)
    chunks = []

    def read():
        while True:
            try:
                chunk = os.read(ours, 65536)
            except OSError:  # Linux says so when the other end is closed
                return
            if not chunk:
                return
            chunks.append(chunk)

    reader = threading.Thread(target=read)
    reader.start()
    piped = getattr(process, other).read()
    getattr(process, other).close()
    status = process.wait()
    reader.join()
    os.close(ours)
    return status, b"".join(chunks).decode(), piped


def test_json_is_alone_on_stdout_and_utf8_whatever_models_print_and_the_locale_is(command, shop):
    ran = command(shop, *ARGUMENTS, "--format", "json", PYTHONIOENCODING="ascii")
    names = [each["name"] for each in json.loads(ran.out)["hybrids"]]
    assert names == ["Item.plain", "Item.is_café"]
    assert ran.err.startswith("printed at import\n")
    assert "printed by the getter\n" in ran.err


def test_text_survives_a_locale_that_lacks_letters(command, shop):
    ran = command(shop, *ARGUMENTS, "--only", "*.is_*", PYTHONIOENCODING="ascii")
    assert ran.status == 1, ran.err
    assert "HH208 error  Item.is_caf\\xe9" in ran.out


@pytest.mark.xfail(
    strict=True, reason="stdout is redirected in Python only, not the descriptor that children inherit"
)
def test_what_children_of_models_print_does_not_corrupt_json(command, shop):
    (shop / "versioned.py").write_text("import os\nos.system('echo 1.2.3')\nfrom shop import Base, Item\n")
    ran = command(shop, "list", "versioned")
    assert ran.out.startswith("Item.")


def test_progress_on_a_terminal(shop):
    status, terminal, piped = on_terminal(shop, *ARGUMENTS, "--only", "*.plain")
    assert status == 0
    assert "Item.plain" in terminal
    assert "\x1b" in terminal
    assert "\x1b" not in piped
    assert piped.startswith("hybrid")


@pytest.mark.parametrize("colour", [True, False])
def test_colour_on_a_terminal_unless_told_not_to(shop, colour):
    changes = {} if colour else {"NO_COLOR": "1"}
    status, terminal, _ = on_terminal(shop, *ARGUMENTS, "--only", "*.plain", stream="stdout", **changes)
    assert status == 0
    assert ("\x1b[32mok" in terminal) is colour
    assert ("\x1b[3" in terminal) is colour


def test_output_is_written_whole_and_nothing_printed(command, shop, tmp_path):
    report = tmp_path / "report.txt"
    (tmp_path / "by_hand").touch()
    report.write_text("an older report, longer than any that will be written over it\n" * 1000)
    link = tmp_path / "link.txt"
    link.symlink_to(report)
    ran = command(shop, *ARGUMENTS, "--only", "*.is_*", "--output", str(link), FORCE_COLOR="1", COLUMNS="20")
    assert (ran.status, ran.out) == (1, "")
    assert ran.err == "printed at import\n", "no progress in a pipe, though it is called a terminal"
    text = report.read_text(encoding="utf-8")
    assert text.startswith("hybrid")
    assert "HH208 error  Item.is_café" in text
    assert "\x1b" not in text
    assert "an older report" not in text
    assert link.is_symlink()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["by_hand", "link.txt", "report.txt"]
    assert report.stat().st_mode == (tmp_path / "by_hand").stat().st_mode


def test_output_to_a_pipe_leaves_it_a_pipe(command, shop, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()), daemon=True)
    reader.start()
    ran = command(shop, *ARGUMENTS, "--only", "*.plain", "--format", "json", "--output", str(pipe))
    assert ran.status == 0
    assert pipe.is_fifo()
    reader.join(timeout=30)
    assert json.loads(read[0])["version"] == 1


@pytest.mark.parametrize("output", [".", "missing/report.txt"])
def test_output_that_cannot_be_written_is_refused_before_the_run(command, tmp_path, output):
    ran = command(tmp_path, "check", "not_even_imported", "--output", output)
    assert (ran.status, ran.out) == (2, "")
    assert ran.err == (
        f"hybrid-harness: The report can't be written to {output}.\n"
        "  where: --output\n"
        "  hint:  Name a file in a folder that exists and that you may write to.\n"
    )


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_output_in_a_folder_of_others_is_refused_before_the_run(command, tmp_path):
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o500)
    ran = command(tmp_path, "check", "not_even_imported", "--output", "locked/report.txt")
    assert ran.status == 2
    assert ran.err.startswith("hybrid-harness: The report can't be written to locked/report.txt.\n")


def test_interrupted_ends_with_a_word(shop):
    process = subprocess.Popen(
        [sys.executable, "-m", "harness", "check", "shop", "--only", "*.plain", "--examples", "1000000"],
        cwd=shop,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    for line in process.stderr:
        if line == "printed by the getter\n":
            break
    process.send_signal(signal.SIGINT)
    out, err = process.communicate()
    assert (process.returncode, out) == (130, "")
    assert err.endswith("hybrid-harness: interrupted; the server it started is gone.\n")
    assert "Traceback" not in err
