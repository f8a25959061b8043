"""Committed modules: byte for byte what is generated, NumPy alone, and their tests run without symdl."""

import ast
import json
import subprocess
import sys
from functools import cache

import pytest

from symdl.codegen import generate as generate_anew
from symdl.codegen.activation_source import activation_code, keyed_bounds
from symdl.codegen.plans_file import PATH, committed
from symdl.codegen.regenerate import DIRECTORY, ITEMS, functions, main


@cache
def generate(item):
    return generate_anew(item)


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
    monkeypatch.setattr("symdl.codegen.regenerate.DIRECTORY", tmp_path)
    monkeypatch.setattr("symdl.codegen.regenerate.ITEMS", ITEMS[:1])
    main([])
    assert [path.name for path in tmp_path.iterdir()] == [f"{ITEMS[0].name}.py"]
