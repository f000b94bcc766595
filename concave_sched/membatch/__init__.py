"""x"""
from ._instance import Instance as Instance, Device as Device
from ._plan import Plan
from ._simulate import simulate
from ._validate import validate
from ._split import split
from ._batch import batch
from ._presets import *
from ._generate import generate
from ._bound import lower_bound
from ._baselines import *
from ._solve import solve
from ._exact import solve_exact
from ._rounds import rounds, serial_ilp
