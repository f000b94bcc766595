"""The driver's side of a run: queues per device, what runs, and the record of every attempt."""

from __future__ import annotations

import time

import numpy as np

from ._cluster import whole
from ._execution import DONE, Attempt, Execution
from ._remote import measured

POLL = 0.5  # seconds between looks at the list of nodes
MOST_CRASHES = 5  # of one task whose node lives on; they do not count as raising


def pinned(ray, node: str, resources=None):
    """A remote `measured` that runs on this node and is never retried behind our back."""
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    return ray.remote(measured).options(
        num_cpus=0,
        max_retries=0,
        resources=resources or {},
        scheduling_strategy=NodeAffinitySchedulingStrategy(node_id=node, soft=False),
    )


class Dispatcher:
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
        self.crashed = np.zeros(len(self.instance.tasks), int)
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
        """Start what may start on a device; return the release that its head waits for, if any."""
        instance, j = self.instance, self.index[name]
        queue = self.queue[name]
        while queue:
            i = queue[0]
            if self.release[i] > self.now():
                return float(self.release[i])
            mine = [task for device, task, *_ in self.running.values() if device == name] + [i]
            if instance.gpu[mine, j].sum() > instance.device_gpu[j] * (1 + 1e-9) or instance.memory[
                mine, j
            ].sum() > instance.device_memory[j] * (1 + 1e-9):
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
        error = None
        try:
            start, end, self.values[task] = self.ray.get(reference)
            start, end, outcome = start - self.begun, end - self.begun, DONE
            self.bar.update()
        except RayError as caught:
            error = caught
            start, end = submitted, self.now()
            by_itself = isinstance(error, RayTaskError)
            outcome = f"raised: {_last_line(error)}" if by_itself else f"lost: {_last_line(error)}"
        self.log[place] = Attempt(task, name, submitted, start, end, outcome, cause)
        if name in self.cause:
            self.cause[name] = place
        if error is None:
            return
        self.events.append(f"{self.now():.2f} s: task {task} on {name} {outcome}")
        if by_itself:
            self.raised[i] += 1
        else:
            self.crashed[i] += 1
            if self._node_is_gone(name, error):
                self._bury([name], [i])
                return
        if self.raised[i] < self.most_attempts and self.crashed[i] < MOST_CRASHES:
            self._plan_anew([i])
        else:
            self._give_up(i, outcome)

    def _node_is_gone(self, name: str, error) -> bool:
        """Whether a task was lost with its node, which Ray may find out a moment later."""
        from ray.exceptions import NodeDiedError, TaskUnschedulableError

        if isinstance(error, (NodeDiedError, TaskUnschedulableError)):
            return True
        for _ in range(3):
            if name not in self.nodes or self.nodes[name] not in self._alive():
                return True
            time.sleep(POLL)
        return False

    def _alive(self) -> set[str]:
        return {node["NodeID"] for node in self.ray.nodes() if node["Alive"]}

    def _give_up(self, i: int, why: str) -> None:
        task = self.instance.tasks[i]
        self.failed[task] = why
        self.events.append(f"{self.now():.2f} s: task {task} given up")
        self.bar.update()

    def _look_at_nodes(self) -> None:
        self.looked = time.time()
        alive = self._alive()
        dead = [name for name, node in self.nodes.items() if node not in alive]
        if dead:
            self._bury(dead, [])

    def _bury(self, dead: list[str], lost: list[int]) -> None:
        """Forget dead nodes; what ran or waited there, and `lost`, is planned anew."""
        for name in dead:
            if name not in self.nodes:
                continue
            del self.nodes[name], self.cause[name]
            lost = lost + self.queue.pop(name)
            for reference in [r for r, entry in self.running.items() if entry[0] == name]:
                _, i, submitted, cause, place = self.running.pop(reference)
                task = self.instance.tasks[i]
                self.log[place] = Attempt(
                    task, name, submitted, submitted, self.now(), "lost: node died", cause
                )
                lost.append(i)
            self.events.append(f"{self.now():.2f} s: node {name} died")
        self._plan_anew(lost)

    def _plan_anew(self, tasks: list[int]) -> None:
        """Plan these tasks and all that have not started for the devices that are left."""
        waiting = sorted({*tasks, *(i for queue in self.queue.values() for i in queue)})
        keep = [self.index[name] for name in self.nodes]
        stuck = {i for i in waiting if not self.instance.fits[i, keep].any()}
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


def _last_line(error) -> str:
    """What happened, in a line: the last of the message, after the name of the exception."""
    cause = getattr(error, "cause", None) or error
    lines = str(cause).strip().splitlines() or [""]
    return f"{type(cause).__name__}: {lines[-1]}".strip(": ")
