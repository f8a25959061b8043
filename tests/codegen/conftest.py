"""Runs the tests that codegen writes, in this process, against any version of their module."""

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from symdl.codegen import Generated

Failures = dict[str, BaseException]


@pytest.fixture
def failures(tmp_path: Path) -> Callable[..., Failures]:
    """``failures(generated, source=None)``: what the generated tests say of a module's source."""

    def run(generated: Generated, source: str | None = None, stop: bool = False) -> Failures:
        (tmp_path / f"{generated.name}.py").write_text(source or generated.source, encoding="utf-8")
        path = tmp_path / f"test_{generated.name}.py"
        path.write_text(generated.tests, encoding="utf-8")
        found: Failures = {}
        before = sys.dont_write_bytecode
        sys.dont_write_bytecode = True
        try:
            for name, test in _tests(path):
                try:
                    test()
                except Exception as error:  # noqa: BLE001 - whatever a broken module raises is a failure
                    found[name] = error
                    if stop:
                        break
        finally:
            sys.dont_write_bytecode = before
        return found

    return run


def _tests(path: Path) -> list[tuple[str, Callable[[], None]]]:
    specification = importlib.util.spec_from_file_location(path.stem, path)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return [(name, value) for name, value in vars(module).items() if name.startswith("test_")]
