"""The bar while code is generated: on terminals only, on standard error, and gone at the end."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

import symdl
from symdl.report.progress import progress_bar

COMMAND = [sys.executable, "-m", "symdl", "generate", "2*max(x, 0)"]


def on_terminal(command: list[str]) -> tuple[bytes, str]:
    """What a command writes to a piped standard output, and to a terminal as standard error."""
    pty = pytest.importorskip("pty")
    master, slave = pty.openpty()
    shown = bytearray()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=slave, env=environment) as process:
        os.close(slave)
        assert process.stdout is not None
        written = process.stdout.read()
        try:
            while chunk := os.read(master, 65536):
                shown += chunk
        except OSError:  # the other end is closed
            pass
    os.close(master)
    assert process.returncode == 0
    return written, shown.decode()


def test_a_terminal_shows_what_is_done_and_the_piped_source_is_whole() -> None:
    written, shown = on_terminal(COMMAND)
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown)
    assert re.search(r"generating value: \d+ plans", plain)
    assert "generating derivative" in plain
    assert "%" in plain
    piped = subprocess.run(COMMAND, capture_output=True, check=True)
    assert written == piped.stdout
    assert piped.stderr == b""


def test_library_use_shows_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    assert "def bar" in symdl.generate(symdl.activation("bar", "3*max(x, 0)")).source
    assert capfd.readouterr() == ("", "")


def test_without_a_terminal_the_block_runs_unwatched(capfd: pytest.CaptureFixture[str]) -> None:
    with progress_bar("generating"):
        symdl.generate(symdl.activation("bar", "4*max(x, 0)"))
    assert capfd.readouterr() == ("", "")
