"""Hypothesis profiles, chosen by SYMDL_PROFILE.

``default`` draws anew each time, for people; ``ci`` draws more, and the same for the same code, so that a
commit passes or fails by what it changes; ``explore`` draws five times as much, anew each time.
"""

import gc
import os

from hypothesis import HealthCheck, settings

collect_ignore = ["benchmarks"]
"""Scripts, which import each other; they are run by hand."""
_COMMON = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow], "database": None}
settings.register_profile("default", max_examples=25, **_COMMON)
settings.register_profile("ci", max_examples=200, derandomize=True, **_COMMON)
settings.register_profile("explore", max_examples=1000, **_COMMON)
settings.load_profile(os.environ.get("SYMDL_PROFILE", "default"))


def pytest_collection_finish():
    """What is there from now on is kept: without this, full collections of it fall into measured times."""
    gc.collect()
    gc.freeze()
