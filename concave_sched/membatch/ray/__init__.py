"""Plans executed on a real Ray cluster (extra `cluster`): pinned tasks, failures re-planned.

with membatch.ray.local_cluster(instance):
    execution = membatch.ray.run(membatch.solve(instance), time_scale=0.05)
execution.to_dataframe()
"""

from ._cluster import LocalCluster as LocalCluster
from ._cluster import local_cluster as local_cluster
from ._compare import compare as compare
from ._default import run_default as run_default
from ._execution import Execution as Execution
from ._run import run as run
