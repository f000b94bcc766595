"""Machine-learning tasks on a cluster of unlike edge devices, planned in under a second.

Describe tasks, devices and profiles in tables (DataFrames, CSV files, lists of dicts):

    profiles.csv                        devices.csv              tasks.csv
    workload,type,time,gpu,memory       type,count,memory        task,workload
    mnist,orin,22,10,60                 orin,1,16000             job1,mnist
    mnist,nano,29,30,60                 nano,4,2693              job2,xray
    xray,orin,123,64,4800
    xray,nano,276,90,4800

    instance = Instance("tasks.csv", "devices.csv", "profiles.csv")
    result = solve(split(instance))

Tasks with numbers of their own need no profiles: `Instance.from_items(items, devices)` takes dicts
of `id`, `time`, `gpu` and `memory` (or `mem_mb`), each a number, a dict by device type or name, or
a sequence over the devices; `Instance.from_arrays` takes (tasks, devices) arrays. Minutes, per cent
and MB throughout. `jetson_cluster`, `example`, `sweep` and `workload` are the paper's cluster and
workloads, with calibrated profiles (fits/edge_profiles).

`simulate` is the one judge of every plan, `validate` checks its outcome independently, and
`membatch.ray` executes a plan on a Ray cluster.

>>> from concave_sched import membatch
>>> r = membatch.solve(membatch.example())
>>> round(r.objective, 6), round(membatch.least_loaded_first(membatch.example()).objective, 6)
(115.0, 155.0)
"""

from . import ray as ray
from ._baselines import baseline_ilp as baseline_ilp
from ._baselines import least_loaded_first as least_loaded_first
from ._baselines import longest_first as longest_first
from ._batch import batch as batch
from ._bound import lower_bound as lower_bound
from ._exact import solve_exact as solve_exact
from ._generate import generate as generate
from ._instance import Device as Device
from ._instance import Instance as Instance
from ._plan import Plan as Plan
from ._presets import edge_profiles as edge_profiles
from ._presets import example as example
from ._presets import jetson_cluster as jetson_cluster
from ._presets import sweep as sweep
from ._presets import workload as workload
from ._rounds import rounds as rounds
from ._rounds import serial_ilp as serial_ilp
from ._schedule import Schedule as Schedule
from ._simulate import simulate as simulate
from ._solve import solve as solve
from ._split import split as split
from ._validate import validate as validate
