"""Where the report goes, and what else may be seen there."""

import contextlib
import json
import os
import pty
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

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


def on_terminals(folder, *arguments, **changes):
    """Run with stdout and stderr on a terminal each; return the status and what they showed."""
    kept = {name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "FORCE_COLOR"}}
    out, err = pty.openpty(), pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "harness", *arguments],
        cwd=folder,
        env=kept | {"TERM": "xterm-256color"} | changes,
        stdout=out[1],
        stderr=err[1],
    )
    os.close(out[1])
    os.close(err[1])
    with ThreadPoolExecutor() as readers:
        shown = list(readers.map(all_of, (out[0], err[0])))
    return process.wait(), *shown


def all_of(descriptor):
    chunks = []
    with contextlib.suppress(OSError):  # how Linux says that the other end is closed
        while chunk := os.read(descriptor, 65536):
            chunks.append(chunk)
    os.close(descriptor)
    return b"".join(chunks).decode()


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


def test_what_programs_that_models_start_print_is_not_on_stdout(command, shop):
    (shop / "versioned.py").write_text("import os\nos.system('echo 1.2.3')\nfrom shop import Base, Item\n")
    ran = command(shop, "list", "versioned")
    assert (ran.status, ran.err) == (0, "1.2.3\nprinted at import\n")
    assert ran.out.startswith("Item.plain  shop.py:")


@pytest.mark.parametrize("colour", [True, False])
def test_progress_and_unless_told_not_to_colour_on_a_terminal(shop, colour):
    changes = {} if colour else {"NO_COLOR": "1"}
    status, out, err = on_terminals(shop, *ARGUMENTS, "--only", "*.plain", **changes)
    assert status == 0
    assert ("\x1b[32mok" in out) is colour
    assert ("\x1b[3" in out) is colour
    assert "Item.plain" in err, "the bar names the hybrid"
    assert "Item.plain" in out


def test_output_is_written_whole_and_nothing_printed(command, shop, tmp_path):
    report = tmp_path / "report.txt"
    (tmp_path / "by_hand").touch()
    report.write_text("an older report, longer than any that will be written over it\n" * 1000)
    link = tmp_path / "link.txt"
    link.symlink_to(report)
    ran = command(shop, *ARGUMENTS, "--only", "*.is_*", "--output", str(link), FORCE_COLOR="1", COLUMNS="20")
    assert (ran.status, ran.out) == (1, "")
    imported, written, *progress = ran.err.splitlines()
    assert imported == "printed at import"
    assert written.startswith(
        "hybrid-harness: 1 hybrid: 0 ok, 1 with errors or warnings, 0 untested; PostgreSQL "
    )
    assert written.endswith(f" s; written to {link}")
    assert not progress, "none in a pipe, though it is called a terminal"
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


@pytest.mark.parametrize("subcommand", ["check", "mutate"])
def test_interrupted_ends_with_a_word(shop, subcommand):
    process = subprocess.Popen(
        [sys.executable, "-m", "harness", subcommand, "shop", "--only", "*.plain", "--examples", "1000000"],
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
    assert err.endswith("hybrid-harness: interrupted; nothing that it started is left.\n")
    assert "Traceback" not in err
