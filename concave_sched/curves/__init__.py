"""Concave curves: value, marginal gain, inverse marginal gain."""

from ._check import ConcavityReport as ConcavityReport
from ._check import check_concave as check_concave
from ._curve import Curve as Curve
from ._curve import Offset as Offset
from ._other import Custom as Custom
from ._other import Hill as Hill
from ._other import UniversalScalability as UniversalScalability
from ._piecewise import PiecewiseLinear as PiecewiseLinear
from ._powers import Power as Power
from ._powers import SaturatingPower as SaturatingPower
from ._powers import ShiftedPower as ShiftedPower
from ._regular import Exponential as Exponential
from ._regular import Hyperbolic as Hyperbolic
from ._regular import Logarithmic as Logarithmic
from ._regular import Lomax as Lomax
from ._regular import Regular as Regular
from ._stretched import StretchedExponential as StretchedExponential
