"""Light and heavy jobs in a fixed order, appended to machines whose slots cost more and more."""

from ._assignment import Assignment as Assignment
from ._certificate import Certificate as Certificate
from ._closed_form import solve as solve
from ._construct import construct as construct
from ._dynamic_programming import dynamic_programming as dynamic_programming
from ._ilp import solve_ilp as solve_ilp
from ._instance import Instance as Instance
from ._misalignment import eliminate_misalignment as eliminate_misalignment
from ._validate import validate as validate
from ._weighted import WeightedInstance as WeightedInstance
from ._weighted import solve_weighted as solve_weighted
