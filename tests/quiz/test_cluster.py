"""The same marks from a Dask cluster, one of whose workers dies midway."""

import json
import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from symdl.core import InputError, MissingPackage
from symdl.quiz.grading import grade_file

ROWS = 1200


@pytest.fixture
def cluster() -> Iterator[Any]:
    distributed = pytest.importorskip("distributed", reason="dask.distributed is not installed")
    with distributed.LocalCluster(
        n_workers=3, threads_per_worker=1, dashboard_address=None, silence_logs=50
    ) as started:
        yield started


def kill_one_midway(cluster: Any, marks: Path, over: threading.Event) -> None:
    while not marks.exists() or not marks.stat().st_size:
        if over.wait(0.01):
            return
    os.kill(next(iter(cluster.workers.values())).process.pid, signal.SIGKILL)


@pytest.mark.filterwarnings("ignore")
def test_every_row_is_marked_once_though_a_worker_is_killed(cluster: Any, tmp_path: Path) -> None:
    source, marks = tmp_path / "answers.jsonl", tmp_path / "marks.jsonl"
    source.write_text("".join(json.dumps({"gold": "x + 1", "answer": f"x + {n}"}) + "\n" for n in range(ROWS)))
    killer = threading.Thread(target=kill_one_midway, args=(cluster, marks, over := threading.Event()))
    killer.start()
    try:
        summary = grade_file(source, marks, scheduler=cluster.scheduler_address)
    finally:
        over.set()
        killer.join()
    read = [json.loads(line) for line in marks.read_text(encoding="utf-8").splitlines()]
    assert [mark["row"] for mark in read] == list(range(1, ROWS + 1))
    assert [mark["row"] for mark in read if mark["grade"] == "RIGHT"] == [2]
    assert summary.decided == ROWS


@pytest.mark.filterwarnings("ignore")
def test_an_address_without_a_scheduler_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed", reason="dask.distributed is not installed")
    monkeypatch.setattr("symdl.quiz.cluster._SECONDS", 0.3)
    (tmp_path / "a.jsonl").write_text('{"gold": "x", "answer": "x"}\n')
    with pytest.raises(InputError, match="no Dask scheduler answers"):
        grade_file(tmp_path / "a.jsonl", tmp_path / "m.jsonl", scheduler="tcp://127.0.0.1:1")


def test_a_missing_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MissingPackage, match=r"dask\.distributed"):
        grade_file(tmp_path / "a.jsonl", tmp_path / "m.jsonl", scheduler="tcp://127.0.0.1:1")
