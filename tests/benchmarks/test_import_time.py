"""The time of `import concave_sched` against that of `import jax`, each in a new process."""

import subprocess
import sys


def seconds(module):
    code = f"import time; t = time.perf_counter(); import {module}; print(time.perf_counter() - t)"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True
    )
    return float(done.stdout)


def test_import(benchmark):
    pairs = [(seconds("jax"), seconds("concave_sched")) for _ in range(7)]
    peer, ours = map(min, zip(*pairs, strict=True))
    benchmark.pedantic(lambda: seconds("concave_sched"), rounds=1)
    benchmark.extra_info.update(jax_s=peer, ratio=ours / peer)
    assert ours < 1.5 * peer
