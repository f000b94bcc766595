"""The scheduler to use: area program, list scheduling, annealing and CP-SAT, whichever is best."""

from __future__ import annotations

import importlib.util
import time

import numpy as np

from ._area import area_program
from ._baselines import least_loaded_first, longest_first
from ._bound import lower_bound
from ._exact import status_of
from ._lists import Arrays, orders, repack
from ._plan import Plan
from ._schedule import Schedule
from ._search import Search
from ._simulate import simulate, start_times

SMALL = 64  # tasks; up to here the time is spent on a proof, beyond it on reaching the gap
MOST_INTERVALS = 3000  # tasks x devices, beyond which CP-SAT does not improve on annealing


def solve(
    instance,
    time_limit: float = 10.0,
    *,
    gap: float | None = None,
    seed: int = 0,
    workers: int | None = None,
) -> Schedule:
    pass
