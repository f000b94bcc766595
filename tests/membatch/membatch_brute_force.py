"""The least makespan of a few tasks by enumeration, sharing no code with the package."""

import itertools


def pack(order, time, gpu, memory, gpu_room, memory_room):
    """Completion of one device when each task in turn starts as early as it fits."""
    placed = []
    for i in order:
        for begin in sorted({0.0, *(end for _, end, _ in placed)}):
            points = [begin, *(s for s, _, _ in placed if begin < s < begin + time[i])]
            now = [[k for s, e, k in placed if s <= p < e - 1e-9] for p in points]
            if all(
                sum(gpu[k] for k in at) + gpu[i] <= gpu_room + 1e-9
                and sum(memory[k] for k in at) + memory[i] <= memory_room + 1e-9
                for at in now
            ):
                placed.append((begin, begin + time[i], i))
                break
    return max((end for _, end, _ in placed), default=0.0)


def best_makespan(instance):
    """min over devices and orders; list schedules in all orders contain an optimum."""
    tasks, devices = instance.time.shape
    known = {}

    def least(j, mine):
        if (j, mine) not in known:
            known[j, mine] = min(
                pack(
                    order,
                    instance.time[:, j],
                    instance.gpu[:, j],
                    instance.memory[:, j],
                    instance.devices[j].gpu,
                    instance.devices[j].memory,
                )
                for order in itertools.permutations(mine)
            )
        return known[j, mine]

    return min(
        max(least(j, tuple(i for i in range(tasks) if on[i] == j)) for j in range(devices))
        for on in itertools.product(range(devices), repeat=tasks)
        if all(instance.fits[i, on[i]] for i in range(tasks))
    )
