"""Committed modules: byte for byte what is generated, NumPy alone, and their tests run without symdl."""

import ast
import json
import os
import subprocess
import sys
from functools import cache

import pytest

from symdl.codegen import committed_modules
from symdl.codegen.activation_source import activation_code, keyed_bounds
from symdl.codegen.committed_modules import DIRECTORY
from symdl.codegen.generation import derived
from symdl.codegen.plans_file import PATH, committed
from symdl.codegen.regenerate import ITEMS, functions, main


@cache
def generate(item):
    return derived(item)


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.name)
def test_the_committed_module_is_what_is_generated(item):
    assert (DIRECTORY / f"{item.name}.py").read_text(encoding="utf-8") == generate(item).source


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.name)
def test_module_and_tests_import_numpy_and_the_standard_library_alone(item):
    module = generate(item)
    for text in (module.source, module.tests):
        names = set()
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                names.add((node.module or "").split(".")[0])
        assert names <= {"numpy", "__future__", "typing", "collections", "importlib", "pathlib"} | {
            "warnings",
            "pickle",
            "math",
            "inspect",
            "fractions",
        }


@pytest.mark.skipif(
    os.environ.get("SYMDL_PROFILE") != "ci", reason="true once all is regenerated, after the last change: a check of CI"
)
def test_every_committed_module_is_served():
    assert committed_modules.generator_digest() == committed_modules.read_object(committed_modules.PATH)["(generator)"]
    assert [item.name for item in ITEMS if committed_modules.committed_source(item) is None] == []


def test_the_committed_plans_are_those_of_the_library():
    keys = set()
    for activation in functions():
        keys |= keyed_bounds(activation_code(activation)).keys()
    assert keys == committed().keys() == json.loads(PATH.read_text(encoding="utf-8")).keys()


def test_generated_tests_run_as_a_script_where_symdl_is_not_installed(tmp_path):
    for item in (ITEMS[0], ITEMS[-1]):
        module = generate(item)
        (tmp_path / f"{item.name}.py").write_text(module.source, encoding="utf-8")
        test = tmp_path / f"test_{item.name}.py"
        test.write_text("import sys\nsys.modules['symdl'] = None\n" + module.tests, encoding="utf-8")
        run = subprocess.run([sys.executable, str(test)], capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stderr
        assert run.stdout.splitlines()[-1].endswith("passed")


def test_the_script_writes_every_module(tmp_path, monkeypatch):
    (tmp_path / "generated").mkdir()
    monkeypatch.setattr(committed_modules, "DIRECTORY", tmp_path / "generated")
    monkeypatch.setattr(committed_modules, "PATH", tmp_path / "committed_modules.json")
    monkeypatch.setattr("symdl.codegen.regenerate.ITEMS", ITEMS[:1])
    main([])
    assert [path.name for path in (tmp_path / "generated").iterdir()] == [f"{ITEMS[0].name}.py"]
    assert json.loads((tmp_path / "committed_modules.json").read_text()).keys() == {
        committed_modules.GENERATOR,
        ITEMS[0].name,
    }
