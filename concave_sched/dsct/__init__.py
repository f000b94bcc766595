"""Tasks that can be compressed, with deadlines: exact on one machine, approximate on many."""

from ._approximate import approximate as approximate
from ._generate import generate as generate
from ._instance import Instance as Instance
from ._instance import stack as stack
from ._polish import polish as polish
from ._relaxation import Relaxation as Relaxation
from ._relaxation import upper_bound as upper_bound
from ._schedule import Schedule as Schedule
from ._single import solve_single as solve_single
