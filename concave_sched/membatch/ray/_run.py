"""Execute a plan on a running Ray cluster: pin every task, keep the order, survive failures."""

from __future__ import annotations

import time

import numpy as np

from .._schedule import Schedule
from ._cluster import device_mark, load_ray, whole
from ._execution import DONE, Attempt, Execution

POLL = 0.5  # seconds between looks at the list of nodes


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
    work_of = _work_of(schedule.instance, work)
    ray = load_ray()
    nodes = node_of_device(ray, schedule.instance)
    if warm:
        warm_up(ray, nodes, _concurrency(schedule))
    from tqdm import tqdm

    with tqdm(total=len(schedule.instance.tasks), unit="task", disable=not progress) as bar:
        dispatcher = _Dispatcher(ray, schedule, nodes, time_scale, work_of, attempts, replan, bar)
        dispatcher.loop()
    return dispatcher.execution()


def timed_sleep(task, device, seconds):
    """The default work: take the time the profile says, and nothing else."""
    time.sleep(seconds)


def _work_of(instance, work):
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


def measured(work, task, device, seconds):
    """On the node: do the work and say, by its clock, from when to when."""
    start = time.time()
    value = work(task, device, seconds)
    return start, time.time(), value


def pinned(ray, node: str, resources=None):
    """A remote `measured` that runs on this node and is never retried behind our back."""
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    return ray.remote(measured).options(
        num_cpus=0,
        max_retries=0,
        resources=resources or {},
        scheduling_strategy=NodeAffinitySchedulingStrategy(node_id=node, soft=False),
    )


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
    return {name: max(1, int(rows.tasks.max())) for name, rows in table.groupby("device")}


class _Dispatcher:
    """Queues per device, what runs, and the record of it."""

    def __init__(self, ray, schedule, nodes, time_scale, work_of, attempts, replan, bar):
        self.ray, self.schedule, self.instance = ray, schedule, schedule.instance
        self.nodes, self.scale, self.work_of = dict(nodes), time_scale, work_of
        self.most_attempts, self.replan_with, self.bar = attempts, replan, bar
        self.index = {d.name: j for j, d in enumerate(self.instance.devices)}
        self.queue: dict[str, list[int]] = {name: [] for name in nodes}
        for i in schedule.plan.order:
            self.queue[self.instance.devices[schedule.device[i]].name].append(int(i))
        self.release = np.array(schedule.plan.release) * time_scale
        self.running: dict = {}
        self.cause: dict[str, int | None] = dict.fromkeys(nodes)
        self.raised = np.zeros(len(self.instance.tasks), int)
        self.log: list[Attempt | None] = []
        self.values, self.failed, self.events = {}, {}, []
        self.begun = time.time()
        self.looked = self.begun

    def now(self) -> float:
        return time.time() - self.begun

    def loop(self) -> None:
        while True:
            soonest = min((self._submit(name) for name in list(self.queue)), default=np.inf)
            if not self.running and not any(self.queue.values()):
                return
            pause = float(np.clip(soonest - self.now(), 0.001, POLL))
            if self.running:
                ready, _ = self.ray.wait(list(self.running), num_returns=1, timeout=pause)
                for reference in ready:
                    self._collect(reference)
            else:
                time.sleep(pause)
            if time.time() - self.looked > POLL:
                self._look_at_nodes()

    def _submit(self, name: str) -> float:
        """Start what may start on a device; return when its head is released, if it waits for that."""
        instance, j = self.instance, self.index[name]
        queue = self.queue[name]
        while queue:
            i = queue[0]
            if self.release[i] > self.now():
                return float(self.release[i])
            mine = [task for device, task, *_ in self.running.values() if device == name] + [i]
            if (
                instance.gpu[mine, j].sum() > instance.device_gpu[j] * (1 + 1e-9)
                or instance.memory[mine, j].sum() > instance.device_memory[j] * (1 + 1e-9)
            ):
                return np.inf
            queue.pop(0)
            task = instance.tasks[i]
            asked = whole(instance.gpu[i, j], instance.memory[i, j])
            seconds = float(instance.time[i, j] * self.scale)
            submitted = self.now()
            reference = pinned(self.ray, self.nodes[name], asked).remote(
                self.work_of[task], task, name, seconds
            )
            self.running[reference] = name, i, submitted, self.cause[name], len(self.log)
            self.log.append(None)
        return np.inf

    def _collect(self, reference) -> None:
        from ray.exceptions import RayError, RayTaskError

        name, i, submitted, cause, place = self.running.pop(reference)
        task = self.instance.tasks[i]
        try:
            start, end, self.values[task] = self.ray.get(reference)
            start, end, outcome = start - self.begun, end - self.begun, DONE
            self.bar.update()
        except RayTaskError as error:
            start, end = submitted, self.now()
            outcome = f"raised: {str(error.cause or error).splitlines()[-1]}"
        except RayError as error:
            start, end, outcome = submitted, self.now(), f"lost: {type(error).__name__}"
        self.log[place] = Attempt(task, name, submitted, start, end, outcome, cause)
        if name in self.cause:
            self.cause[name] = place
        if outcome == DONE:
            return
        self._look_at_nodes()
        if name not in self.nodes:
            self._plan_anew([i])
            return
        self.raised[i] += 1
        self.events.append(f"{self.now():.2f} s: task {task} on {name} {outcome}")
        if self.raised[i] < self.most_attempts:
            self._plan_anew([i])
        else:
            self._give_up(i, outcome)

    def _give_up(self, i: int, why: str) -> None:
        task = self.instance.tasks[i]
        self.failed[task] = why
        self.events.append(f"{self.now():.2f} s: task {task} given up")
        self.bar.update()

    def _look_at_nodes(self) -> None:
        self.looked = time.time()
        alive = {node["NodeID"] for node in self.ray.nodes() if node["Alive"]}
        dead = [name for name, node in self.nodes.items() if node not in alive]
        lost: list[int] = []
        for name in dead:
            del self.nodes[name], self.cause[name]
            lost += self.queue.pop(name)
            for reference in [r for r, entry in self.running.items() if entry[0] == name]:
                _, i, submitted, cause, place = self.running.pop(reference)
                task = self.instance.tasks[i]
                self.log[place] = Attempt(
                    task, name, submitted, submitted, self.now(), "lost: node died", cause
                )
                lost.append(i)
            self.events.append(f"{self.now():.2f} s: node {name} died")
        if dead:
            self._plan_anew(lost)

    def _plan_anew(self, tasks: list[int]) -> None:
        """Plan these tasks and all that have not started for the devices that are left."""
        waiting = sorted({*tasks, *(i for queue in self.queue.values() for i in queue)})
        keep = [self.index[name] for name in self.nodes]
        stuck = [i for i in waiting if not self.instance.fits[i, keep].any()]
        for i in stuck:
            self._give_up(i, "fits no device that is left")
        waiting = [i for i in waiting if i not in stuck]
        self.queue = {name: [] for name in self.nodes}
        if not waiting:
            return
        left = self.instance.subset(waiting)
        for device in self.instance.devices:
            if device.name not in self.nodes:
                left = left.without(device.name)
        if self.replan_with is None:
            from .._solve import solve

            made = solve(left, time_limit=1.0, gap=0.01)
        else:
            made = self.replan_with(left)
        number = {name: i for i, name in enumerate(self.instance.tasks)}
        for k in made.plan.order:
            i = number[left.tasks[k]]
            self.queue[left.devices[made.device[k]].name].append(i)
            self.release[i] = 0.0
        self.events.append(f"{self.now():.2f} s: {len(waiting)} tasks planned anew")

    def execution(self) -> Execution:
        log = tuple(attempt for attempt in self.log if attempt is not None)
        return Execution(
            self.instance,
            self.schedule,
            float(self.scale),
            log,
            self.values,
            self.failed,
            tuple(self.events),
        )
