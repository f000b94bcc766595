"""Tasks that can be compressed, with deadlines: exact on one machine, approximate on many."""

from ._algorithm1 import algorithm_1 as algorithm_1
from ._approximate import approximate as approximate
from ._baselines import edf_no_compression as edf_no_compression
from ._baselines import edf_three_levels as edf_three_levels
from ._batch import run_batch as run_batch
from ._certify import certify as certify
from ._exact import solve_exact as solve_exact
from ._generate import generate as generate
from ._guarantee import guarantee as guarantee
from ._instance import Instance as Instance
from ._instance import stack as stack
from ._kkt import kkt as kkt
from ._polish import polish as polish
from ._relaxation import Relaxation as Relaxation
from ._relaxation import upper_bound as upper_bound
from ._schedule import Schedule as Schedule
from ._single import solve_single as solve_single
