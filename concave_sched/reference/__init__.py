"""Convex programs that confirm the solvers independently; cvxpy is imported when one is called."""

from ._cones import hypograph as hypograph
from ._cones import pick as pick
from ._conic import solve_conic as solve_conic
from ._smartfill import SmartFillReference as SmartFillReference
from ._smartfill import smartfill as smartfill
from ._smartfill import smartfill_all_orders as smartfill_all_orders
from ._waterfill import WaterfillReference as WaterfillReference
from ._waterfill import nested_waterfill as nested_waterfill
from ._waterfill import waterfill as waterfill
