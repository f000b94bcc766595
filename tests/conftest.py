import gc
import os
import sys
from pathlib import Path

if "--benchmark-only" not in sys.argv:  # there compile times are measured
    # Most of the suite is compilation: workers, subprocesses and the next run share it.
    cache = Path(__file__).parents[1] / ".pytest_cache" / "jax"
    os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(cache))
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES", "-1")

import jax  # noqa: E402
import matplotlib  # noqa: E402
import pytest  # noqa: E402

jax.config.update("jax_enable_x64", True)
jax.config.update("jax_numpy_rank_promotion", "raise")
jax.config.update("jax_numpy_dtype_promotion", "strict")
jax.config.update("jax_num_cpu_devices", 2)
matplotlib.use("Agg")


@pytest.fixture(autouse=True, scope="module")
def forget_programs():
    """Every compiled program holds memory maps, of which Linux grants a process 65,530."""
    yield
    jax.clear_caches()
    gc.collect()
