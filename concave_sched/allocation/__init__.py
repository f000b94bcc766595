"""The primitive: equal marginal gains under a budget, with its price and its certificate."""

from ._certificate import Certificate as Certificate
from ._nested import NestedAllocation as NestedAllocation
from ._nested import nested_waterfill as nested_waterfill
from ._waterfill import Allocation as Allocation
from ._waterfill import waterfill as waterfill
