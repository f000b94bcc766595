"""Reading a schedule: what decides its makespan, which links delay it, what was duplicated."""

from __future__ import annotations

import numpy as np


def critical_copies(schedule) -> list[tuple[int, int, str]]:
    """(copy, the copy it waited for or -1, why), from the first copy of the chain to the last."""
    csr, copies = schedule.instance.graph.csr, _copies_of(schedule)
    c = int(np.argmax(schedule.end))
    slack = 1e-9 * max(float(schedule.end[c]), 1e-300)
    chain: list[tuple[int, int, str]] = []
    seen = set()
    while c >= 0 and c not in seen:
        seen.add(c)
        i, source, why = int(schedule.task[c]), -1, "nothing"
        if schedule.start[c] > slack:
            for e in range(csr.parent_start[i], csr.parent_start[i + 1]):
                best, time = sender(schedule, copies, c, int(csr.parent[e]), csr.parent_cost[e])
                if time >= schedule.start[c] - slack and best not in seen:
                    source, why = best, "data"
                    break
            before = c - 1 if c and schedule.processor[c - 1] == schedule.processor[c] else -1
            late = before >= 0 and schedule.end[before] >= schedule.start[c] - slack
            if late and (source < 0 or schedule.processor[source] == schedule.processor[c]):
                source, why = before, "data" if source == before else "processor"
        chain.append((c, source, why))
        c = source
    return chain[::-1]


def sender(schedule, copies, c: int, parent: int, cost: float) -> tuple[int, float]:
    """The copy of a parent whose data reach copy c first, and when; the local one in ties."""
    best, best_time = -1, np.inf
    for d in copies[parent]:
        local = schedule.processor[d] == schedule.processor[c]
        if local and d > c:
            continue
        time = schedule.end[d] + (0.0 if local else cost)
        if time < best_time or (time == best_time and local):
            best, best_time = int(d), float(time)
    return best, best_time


def transfers(schedule) -> np.ndarray:
    """(transfers, 2) pairs of copies (sender, reader) on different processors."""
    csr, copies = schedule.instance.graph.csr, _copies_of(schedule)
    found = []
    for c, i in enumerate(schedule.task):
        for e in range(csr.parent_start[i], csr.parent_start[i + 1]):
            d, _ = sender(schedule, copies, c, int(csr.parent[e]), csr.parent_cost[e])
            if schedule.processor[d] != schedule.processor[c]:
                found.append((d, c))
    return np.array(found, np.int64).reshape(-1, 2)


def critical_path(schedule):
    """One row per copy of the chain that decides the makespan."""
    import pandas as pd

    graph, chain = schedule.instance.graph, critical_copies(schedule)
    index = np.array([c for c, _, _ in chain])
    return pd.DataFrame(
        {
            "task": schedule.task[index],
            "name": [graph.name(i) for i in schedule.task[index]],
            "processor": schedule.processor[index],
            "start": schedule.start[index],
            "end": schedule.end[index],
            "waits_for": [why for _, _, why in chain],
        }
    )


def bottlenecks(schedule):
    """The transfers on the critical path that delayed a start, by what they cost."""
    import pandas as pd

    graph = schedule.instance.graph
    rows = []
    for c, d, why in critical_copies(schedule):
        if why != "data" or schedule.processor[c] == schedule.processor[d]:
            continue
        free = c and schedule.processor[c - 1] == schedule.processor[c]
        idle_from = max(float(schedule.end[c - 1]) if free else 0.0, float(schedule.end[d]))
        source, target = int(schedule.task[d]), int(schedule.task[c])
        edge = (graph.edges[:, 0] == source) & (graph.edges[:, 1] == target)
        rows.append(
            {
                "source": source,
                "source_name": graph.name(source),
                "target": target,
                "target_name": graph.name(target),
                "from_processor": int(schedule.processor[d]),
                "to_processor": int(schedule.processor[c]),
                "transfer": float(graph.communication[edge][0]),
                "saving": float(schedule.start[c]) - idle_from,
            }
        )
    columns = (
        "source source_name target target_name from_processor to_processor transfer saving".split()
    )
    frame = pd.DataFrame(rows, columns=columns)
    return frame.sort_values("saving", ascending=False, ignore_index=True)


def duplicates(schedule):
    """One row per task that runs more than once, by the work added."""
    import pandas as pd

    graph = schedule.instance.graph
    count = np.bincount(schedule.task, minlength=graph.tasks)
    tasks = np.flatnonzero(count > 1)
    frame = pd.DataFrame(
        {
            "task": tasks,
            "name": [graph.name(i) for i in tasks],
            "copies": count[tasks],
            "processors": [
                tuple(sorted(schedule.processor[schedule.task == i].tolist())) for i in tasks
            ],
            "weight": graph.weights[tasks],
            "work_added": graph.weights[tasks] * (count[tasks] - 1),
        }
    )
    return frame.sort_values("work_added", ascending=False, ignore_index=True)


def _copies_of(schedule) -> list[np.ndarray]:
    """The copies of every task."""
    by_task = np.argsort(schedule.task, kind="stable")
    ends = np.searchsorted(schedule.task[by_task], np.arange(schedule.instance.graph.tasks + 1))
    return [by_task[a:b] for a, b in zip(ends[:-1], ends[1:], strict=True)]
