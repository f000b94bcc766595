"""Fit every series of data.csv beside this file. Run: python fits/timm_rtx4090_amp/fit.py"""

from pathlib import Path

import jax

jax.config.update("jax_enable_x64", True)

from concave_sched.fitting import record_folder  # noqa: E402

if __name__ == "__main__":
    record_folder(Path(__file__).parent, pins=(0.1, None), chance=0.1)
