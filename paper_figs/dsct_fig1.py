"""Figure 1 of "Scheduling with Fully Compressible Tasks": accuracy against latency.

The paper's measurements (an i9-12900H, an RTX A2000) are not published. These are other machines
and networks, from fits/: the points, the best family, and the paper's exponential.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from concave_sched import fitting
from concave_sched.plotting import _style
from concave_sched.plotting._paper import finish, house, numbers, panels, write

SHOWN = 105.0  # ms; one timm model takes 2.4 s for one point more
PANELS = (
    ("timm_i7_12700h_cpu", "timm/i7_12700h_cpu/pareto_in1k_only", "CPU i7-12700H, timm models"),
    ("ofa_latency", "ofa_mbv3/note10/latency", "Galaxy Note10, OFA sub-networks"),
)


@house
def main(fast, folder) -> None:
    """Write dsct_fig1; both settings are the same."""
    figure, axes = panels(sharey=True)
    rows, largest = [], []
    for ax, (data, series, title) in zip(axes, PANELS, strict=True):
        latency, accuracy = fitting.load_series(data)[series]
        best = fitting.load_curve(data, series, at_zero=0.1)
        exponential = fitting.load_curve(data, series, "Exponential", at_zero=0.1)
        shown = min(latency.max(), SHOWN)
        t = np.linspace(0, shown, 201)
        ax.plot(latency, accuracy, "o", ms=4, color=_style.QUIET, label="measured", zorder=3)
        family = type(getattr(best, "curve", best)).__name__
        for k, (name, curve) in enumerate(((family, best), ("Exponential", exponential))):
            values = np.asarray(curve(t))
            ax.plot(t, values, label=f"{name}, 0.1 % at 0", **_style.line(k, t.size))
            rows += [(series, name, *pair) for pair in zip(t, values, strict=True)]
        rows += [(series, "measured", *pair) for pair in zip(latency, accuracy, strict=True)]
        ax.set(xlabel="latency per image (ms)", title=title, ylim=(0, 95), xlim=(0, 1.02 * shown))
        ax.legend(loc="lower right")
        largest.append(accuracy.max())
    axes[0].set_ylabel("top-1 accuracy (%)")
    columns = ["series", "curve", "latency_ms", "accuracy"]
    write(pd.DataFrame(rows, columns=columns), folder, "dsct_fig1")
    finish(figure, folder, "dsct_fig1")
    ours = f"{largest[1]:.1f} (OFA), {largest[0]:.1f} (timm)"
    remark = "other devices and networks: the paper's measurements are not published"
    row = (1, "largest accuracy of a sub-network (%)", "82", ours, remark)
    numbers([row], folder, "dsct_fig1")
