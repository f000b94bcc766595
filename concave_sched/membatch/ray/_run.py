"""Execute a plan on a running Ray cluster: pin every task, keep the order, survive failures."""

from __future__ import annotations

from .._schedule import Schedule
from ._cluster import device_mark, load_ray
from ._dispatch import Dispatcher, pinned
from ._execution import Execution
from ._remote import timed_sleep


def run(
    schedule: Schedule,
    time_scale: float = 0.05,
    *,
    work=None,
    attempts: int = 2,
    replan=None,
    warm: bool = True,
    progress: bool = False,
) -> Execution:
    """Execute a schedule on the Ray cluster that this process is connected to.

    Every task is pinned to its device's node and submitted when the plan's order, its release and
    the device's memory and GPU share allow: the rules of `simulate`, with measured ends. Ray checks
    the same capacities once more.

    A task that raises is tried again, `attempts` times in all, then given up. When a node dies,
    what ran there counts as lost and everything not yet started is planned anew for the devices
    that are left. Every attempt is in the result with its outcome, and so is every task that was
    given up; `validate` checks that each task was done exactly once or is among these.

    Args:
        schedule: a `Schedule` from any scheduler.
        time_scale: seconds that stand for a minute of task time; below 0.02 Ray's own delays of
            some milliseconds dominate.
        work: what a task does: a function of (task, device, seconds), or a dict of such functions
            by task, called on the node; sleeping for the time on that device by default. It has
            to be picklable, and its result comes back in `values`.
        attempts: how often a task may raise before it is given up.
        replan: a function from the instance of what is left to a `Schedule`; by default `solve`
            with a limit of one second.
        warm: start, before the clock, as many worker processes on each node as the plan uses.
        progress: show a bar.

    Returns:
        An `Execution`.

    Raises:
        ImportError: without the extra `cluster`.
        RuntimeError: if Ray is not connected, or a device of the plan has no node.
        ValueError: on a bad argument.

    Cost: the makespan times `time_scale`, plus warming (a second or two per node).

    >>> from concave_sched import membatch
    >>> i = membatch.example()
    >>> with membatch.ray.local_cluster(i):  # doctest: +SKIP
    ...     print(membatch.ray.run(membatch.solve(i)))
    """
    if not time_scale > 0:
        raise ValueError(f"time_scale = {time_scale}: give seconds per minute, above 0.")
    if attempts < 1:
        raise ValueError(f"attempts = {attempts}: give at least 1.")
    work_of = functions_of(schedule.instance, work)
    ray = load_ray()
    nodes = node_of_device(ray, schedule.instance)
    if warm:
        warm_up(ray, nodes, _concurrency(schedule))
    from tqdm import tqdm

    with tqdm(total=len(schedule.instance.tasks), unit="task", disable=not progress) as bar:
        dispatcher = Dispatcher(ray, schedule, nodes, time_scale, work_of, attempts, replan, bar)
        dispatcher.loop()
    return dispatcher.execution()


def functions_of(instance, work):
    if work is None:
        return dict.fromkeys(instance.tasks, timed_sleep)
    if callable(work):
        return dict.fromkeys(instance.tasks, work)
    missing = [task for task in instance.tasks if task not in work]
    if missing:
        raise ValueError(f"work has no function for task {missing[0]!r}; give one for every task.")
    return dict(work)


def node_of_device(ray, instance) -> dict[str, str]:
    """{device name: Ray node id} of the nodes that are alive."""
    if not ray.is_initialized():
        raise RuntimeError(
            "Ray is not connected: call ray.init(address=...), or use membatch.ray.local_cluster."
        )
    marks = {device_mark(d.name): d.name for d in instance.devices}
    found = {
        marks[resource]: node["NodeID"]
        for node in ray.nodes()
        if node["Alive"]
        for resource in node["Resources"]
        if resource in marks
    }
    missing = [d.name for d in instance.devices if d.name not in found]
    if missing:
        raise RuntimeError(
            f"no node of the Ray cluster is device {missing[0]!r}: start one with the custom "
            f"resource {device_mark(missing[0])!r}, or use membatch.ray.local_cluster(instance)."
        )
    return found


def warm_up(ray, nodes: dict[str, str], workers: dict[str, int]) -> None:
    """Have so many worker processes ready on every node: all sleep at once, so all are started."""
    for seconds in (0.5, 0.05):
        ray.get(
            [
                pinned(ray, node).remote(timed_sleep, "", name, seconds)
                for name, node in nodes.items()
                for _ in range(workers.get(name, 1))
            ]
        )


def _concurrency(schedule: Schedule) -> dict[str, int]:
    """The most tasks that the plan runs at a time, by device."""
    table = schedule.utilisation_over_time()
    return {str(name): max(1, int(rows.tasks.max())) for name, rows in table.groupby("device")}
