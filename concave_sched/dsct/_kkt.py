"""The optimality conditions as a table."""

from __future__ import annotations

import numpy as np

from ._instance import require_one
from ._schedule import Schedule


def kkt(schedule: Schedule):
    """Multipliers of a schedule that is optimal on every machine, task by task.

    Returns a DataFrame, one row per task in the order in which each machine runs them:

        task, machine, deadline, end, work, max_work
        gain: a_j'(work), the marginal accuracy (to the right at a kink)
        price: what the machine's work is worth to it; equals the gain of every unconstrained task
        deadline_price: d objective / d deadline; > 0 where the deadline binds
        cap_price: gain - price where the task runs in full: d objective / d max_work
        state: "unconstrained" (the paper's 3-unconstrained: equation 3 holds), "in full",
            "not run", "at a kink"
        block: tasks of one machine that share a price, numbered
        mismatch: how far the gain is from where it should be, as a logarithm; 0 is optimal

    On each machine prices never rise from one row to the next (equation 7), and fall where the
    deadline price is positive.

    Example:
        >>> import concave_sched as cs
        >>> accuracy = cs.curves.Exponential(0.0, [0.9, 0.4, 0.6], [0.3, 2.0, 0.7])
        >>> i = cs.dsct.Instance(accuracy, [5.0, 1.0, 3.0], [10.0, 10.0, 0.2])
        >>> cs.dsct.kkt(cs.dsct.solve_single(i))[["task", "state", "block"]].values.tolist()
        [[1, 'unconstrained', 0], [2, 'in full', 1], [0, 'unconstrained', 1]]
    """
    import pandas as pd

    i = schedule.instance
    require_one(i, "kkt")
    order = np.lexsort((np.asarray(i.deadlines), np.asarray(schedule.machine)))
    work, cap = np.asarray(schedule.work), np.broadcast_to(np.asarray(i.cap), (i.tasks,))
    log_gain = np.broadcast_to(np.asarray(i.accuracy.log_marginal(work)), (i.tasks,))
    price = np.asarray(schedule.prices)
    log_price = np.asarray(schedule.log_prices)
    above = np.asarray(i.accuracy.log_marginal(work * (1 - 1e-9)))
    with np.errstate(invalid="ignore"):
        excess = np.where(log_gain == log_price, 0.0, log_gain - log_price)
        kink = (work > 0) & (work < cap) & (excess < -1e-6) & (above >= log_price)
    in_full, idle = (work >= cap) & (cap > 0), work <= 0
    mismatch = np.where(in_full, np.maximum(-excess, 0), np.abs(excess))
    mismatch = np.where(idle | kink, np.maximum(excess, 0), mismatch)
    mismatch = np.where(cap == 0, 0, mismatch)
    state = np.select([idle, in_full, kink], ["not run", "in full", "at a kink"], "unconstrained")
    gain = np.exp(log_gain)
    machine, prices = np.asarray(schedule.machine)[order], log_price[order]
    changes = (prices[1:] != prices[:-1]) | (machine[1:] != machine[:-1])
    frame = pd.DataFrame(
        {
            "task": order,
            "machine": machine,
            "deadline": np.asarray(i.deadlines)[order],
            "end": np.asarray(schedule.end)[order],
            "work": work[order],
            "max_work": np.asarray(i.max_work)[order],
            "gain": gain[order],
            "price": price[order],
            "deadline_price": np.asarray(schedule.deadline_prices)[order],
            "cap_price": np.where(in_full, np.maximum(gain - price, 0), 0.0)[order],
            "state": state[order],
            "block": np.concatenate([[0], np.cumsum(changes)]),
            "mismatch": mismatch[order],
        }
    )
    return frame
