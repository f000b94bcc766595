"""One figure, one function. All take ax=None, return the Axes, load matplotlib when called."""

from ._bottles import bottles as bottles
from ._cdr import cdr_matrix as cdr_matrix
from ._cdr import shares_over_time as shares_over_time
from ._cdr import slowdown_tail as slowdown_tail
from ._dsct import accuracy_histogram as accuracy_histogram
from ._gantt import gantt as gantt
from ._membatch import plot_utilisation as plot_utilisation
from ._nested import nested_budgets as nested_budgets
from ._save import save as save
from ._schedules import completion_times as completion_times
from ._schedules import rates_over_time as rates_over_time
from ._style import COLOURS as COLOURS
from ._style import axes as axes
