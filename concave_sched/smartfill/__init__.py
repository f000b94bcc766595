"""Parallel jobs with a concave speedup: SmartFill and its baselines."""

from ._baselines import equal_share as equal_share
from ._baselines import hesrpt as hesrpt
from ._baselines import power_fit as power_fit
from ._baselines import shortest_first as shortest_first
from ._certify import ScheduleCertificate as ScheduleCertificate
from ._certify import certify as certify
from ._instance import Instance as Instance
from ._result import Schedule as Schedule
from ._solve import solve as solve
