"""Scheduling as concave resource allocation: fit a curve, allocate, schedule, certify."""

from . import allocation as allocation
from . import curves as curves
from . import dsct as dsct
from . import fitting as fitting
from . import membatch as membatch
from . import monotonic as monotonic
from . import reference as reference
from . import smartfill as smartfill
from . import tdpatd as tdpatd
from ._devices import over_devices as over_devices
from ._results import Status as Status
from ._sweep import sweep as sweep
from .allocation import nested_waterfill as nested_waterfill
from .allocation import waterfill as waterfill
from .fitting import Fit as Fit
from .fitting import fit as fit
from .fitting import fit_best as fit_best

__version__ = "0.1.0"
