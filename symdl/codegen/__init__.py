"""Definition -> Program -> readable source and its tests.

>>> from symdl import library
>>> from symdl.codegen import generate
>>> float(generate(library.relu).load().relu(-2.0))
0.0
"""

from .generation import Generated, generate

__all__ = ["Generated", "generate"]
