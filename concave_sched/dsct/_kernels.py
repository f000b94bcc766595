"""The scalar loops, compiled by Numba; imported only by the functions that run them."""

import numba
import numpy as np

compiled = numba.njit(cache=True, nogil=True)


@compiled
def earliest_free(work, speeds):
    """(batch, tasks) machines: in order, each task goes to the machine that is free earliest."""
    machine = np.empty(work.shape, np.int32)
    free = np.empty(speeds.shape[1])
    for one in range(work.shape[0]):
        free[:] = 0.0
        for task in range(work.shape[1]):
            chosen = 0
            for r in range(1, free.size):
                if free[r] < free[chosen]:
                    chosen = r
            free[chosen] += work[one, task] / speeds[one, chosen]
            machine[one, task] = chosen
    return machine


@compiled
def tasks_by_machine(machine, order, table):
    """Writes each machine's tasks into its row of `table` (batch, machines, room)."""
    counts = np.empty(table.shape[1], np.int64)
    for one in range(machine.shape[0]):
        counts[:] = 0
        for task in range(machine.shape[1]):
            r = machine[one, task]
            table[one, r, counts[r]] = order[one, task]
            counts[r] += 1
