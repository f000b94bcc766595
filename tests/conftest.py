import gc
import os
import subprocess
import sys
from pathlib import Path

# Most of the suite is compilation. A plainer code generator takes two thirds of the time for
# programs that run once; XLA_FLAGS="" runs the suite with the one that users have.
QUICK = "--xla_backend_optimization_level=1 --xla_cpu_use_fusion_emitters=false"


def _share_programs():
    """Workers, subprocesses and the next run read the programs that one of them has compiled."""
    cache = Path(__file__).parents[1] / ".pytest_cache" / "jax"
    os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(cache))
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES", "-1")


def _compile_quickly():
    """XLA ends a process that gives it a flag it does not know, as another version may not."""
    start = [sys.executable, "-c", "import jax; jax.devices()"]
    known = subprocess.run(start, env=os.environ | {"XLA_FLAGS": QUICK}, capture_output=True)
    os.environ["XLA_FLAGS"] = QUICK if known.returncode == 0 else ""


if "--benchmark-only" not in sys.argv:  # there compile times are measured
    _share_programs()
    if "XLA_FLAGS" not in os.environ:
        _compile_quickly()

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
