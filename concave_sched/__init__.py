"""Scheduling as concave resource allocation: fit a curve, allocate, schedule, certify."""

from . import allocation as allocation
from . import curves as curves
from . import smartfill as smartfill
from .allocation import nested_waterfill as nested_waterfill
from .allocation import waterfill as waterfill
