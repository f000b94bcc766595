"""Programs that confirm the solvers independently; solvers are imported when one is called."""

from ._cones import hypograph as hypograph
from ._cones import pick as pick
from ._conic import solve_conic as solve_conic
from ._dsct import DsctReference as DsctReference
from ._dsct import dsct_kelley as dsct_kelley
from ._dsct import dsct_single as dsct_single
from ._smartfill import SmartFillReference as SmartFillReference
from ._smartfill import smartfill as smartfill
from ._smartfill import smartfill_all_orders as smartfill_all_orders
from ._smartfill_own import smartfill_own as smartfill_own
from ._smartfill_own import smartfill_own_all_orders as smartfill_own_all_orders
from ._tdpatd import TaskGraphReference as TaskGraphReference
from ._tdpatd import task_graph as task_graph
from ._waterfill import WaterfillReference as WaterfillReference
from ._waterfill import nested_waterfill as nested_waterfill
from ._waterfill import waterfill as waterfill
