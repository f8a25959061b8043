"""Question banks: TOML files that a teacher writes by hand.

==============  =====================================================================
module          does
==============  =====================================================================
``reading``     files to banks, with every problem at its line and column
``schema``      one table to one question (``tables``: typed reading of TOML tables,
                ``toml_places``: where each key stands)
``variants``    a question at values of its parameters (``ranges``: which those are)
``examples``    a bank's own accepted and rejected answers, marked
==============  =====================================================================

The folder ``deep-learning`` is the bank that comes with symdl, a file a topic.
"""

from .examples import Slip, check_bank
from .reading import Bank, BankError, bank_files, parse_bank, read_bank, shipped_banks, variant

__all__ = [
    "Bank",
    "BankError",
    "Slip",
    "bank_files",
    "check_bank",
    "parse_bank",
    "read_bank",
    "shipped_banks",
    "variant",
]
