"""A Ray cluster in one machine, with the instance's devices as nodes."""

from __future__ import annotations

import contextlib
import logging
import os

GPU, MEMORY = "gpu_share", "memory_mb"
MISSING = "Ray is missing: pip install 'concave_sched[cluster]'"
HEALTH = {  # a dead node is noticed within seconds, a busy one is not taken for dead
    "health_check_initial_delay_ms": 1000,
    "health_check_period_ms": 1000,
    "health_check_timeout_ms": 3000,
    "health_check_failure_threshold": 4,
}


def load_ray():
    """The ray module, or an error that names the extra."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    try:
        import ray
        import ray.cloudpickle
    except ImportError as error:
        raise ImportError(MISSING) from error
    from . import _remote

    ray.cloudpickle.register_pickle_by_value(_remote)
    return ray


def device_mark(name: str) -> str:
    """The custom resource by which a node says which device it is."""
    return f"device:{name}"


def whole(gpu: float, memory: float, slack: int = 0) -> dict[str, int]:
    """Per cent and MB as Ray resources, which have to be whole: 0.001 per cent and 1 MB.

    Demands are rounded; nodes offer some `slack` beyond, so that rounding never keeps out a task
    that our own count, which is exact, lets in.
    """
    units = {GPU: round(gpu * 1000), MEMORY: round(memory)}
    return {name: amount + slack for name, amount in units.items() if amount + slack > 0}


@contextlib.contextmanager
def _loopback():
    """Keep Ray on 127.0.0.1, which it replaces by the host's address where clusters are usual.

    The switch is the one by which Ray does so on Windows and macOS; the variable is for the
    processes that are started here.
    """
    from ray._private import ray_constants

    variable = "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"
    before, inherited = ray_constants.ENABLE_RAY_CLUSTER, os.environ.get(variable)
    ray_constants.ENABLE_RAY_CLUSTER, os.environ[variable] = False, "0"
    try:
        yield
    finally:
        ray_constants.ENABLE_RAY_CLUSTER = before
        if inherited is None:
            del os.environ[variable]
        else:
            os.environ[variable] = inherited


class LocalCluster:
    """A running local cluster; made by `local_cluster`."""

    def __init__(self, instance, cpus: int, object_store_mb: int):
        self.instance = instance
        self.ray = load_ray()
        from ray.cluster_utils import Cluster

        if self.ray.is_initialized():
            raise RuntimeError(
                "Ray is connected to a cluster already: call ray.shutdown() first, or run on that "
                "cluster without local_cluster."
            )
        common = {
            "node_ip_address": "127.0.0.1",
            "object_store_memory": object_store_mb * 1024 * 1024,
        }
        self.cluster = Cluster()
        self.nodes = {}
        try:
            with _loopback():
                self._start(common, cpus)
        except BaseException:
            self.close()
            raise

    def _start(self, common, cpus):
        """The head and the connection to it first: a driver dies with the node it hangs on."""
        head = {"num_cpus": 0, "include_dashboard": False, "_system_config": HEALTH}
        self.cluster.add_node(**common, **head)
        self.ray.init(
            address=self.cluster.address,
            _node_ip_address="127.0.0.1",
            log_to_driver=False,
            logging_level=logging.ERROR,
        )
        for device in self.instance.devices:
            resources = {
                device_mark(device.name): 1,
                **whole(device.gpu, device.memory, slack=50),
            }
            self.nodes[device.name] = self.cluster.add_node(
                wait=False, num_cpus=cpus, resources=resources, **common
            )
        self.cluster.wait_for_nodes(timeout=120)

    def kill(self, device: str) -> None:
        """Kill the processes of one device's node, as if it had lost power."""
        if device not in self.nodes:
            raise ValueError(f"device = {device!r}: running are {', '.join(self.nodes)}.")
        self.cluster.remove_node(self.nodes.pop(device), allow_graceful=False)

    def close(self) -> None:
        """Disconnect and stop every process of the cluster."""
        if self.ray.is_initialized():
            self.ray.shutdown()
        self.cluster.shutdown()


@contextlib.contextmanager
def local_cluster(instance, *, cpus: int = 16, object_store_mb: int = 80):
    """Start a Ray cluster on 127.0.0.1 whose nodes are the instance's devices; stop it on exit.

    `device:<name>`, `gpu_share` (in 0.001 per cent) and `memory_mb` are custom resources of the
    nodes. A cluster of real devices works alike: start each node with
    `ray start --resources='{"device:orin0": 1, "gpu_share": 100050, "memory_mb": 16050}'`, connect
    with ray.init, and call `run` without this function.

    Args:
        instance: an `Instance`.
        cpus: of every node. Generous, or CPUs become a hidden limit of what runs together.
        object_store_mb: of every node, 80 at least.

    Yields:
        A `LocalCluster`; its `kill(device)` takes a node down.

    Raises:
        ImportError: without the extra `cluster`.
        RuntimeError: if Ray is connected already.

    Cost: 2 to 4 seconds and 200 to 400 MB per device.
    """
    if cpus < 1 or object_store_mb < 80:
        raise ValueError(f"cpus = {cpus}, object_store_mb = {object_store_mb}: at least 1 and 80.")
    cluster = LocalCluster(instance, cpus, object_store_mb)
    try:
        yield cluster
    finally:
        cluster.close()
