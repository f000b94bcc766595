"""One figure, one function. All take ax=None, return the Axes, load matplotlib when called."""

from ._bottles import bottles as bottles
from ._bottles import nested_budgets as nested_budgets
from ._cdr import cdr_matrix as cdr_matrix
from ._cdr import shares_over_time as shares_over_time
from ._cdr import slowdown_tail as slowdown_tail
from ._gantt import gantt as gantt
from ._save import save as save
from ._schedules import completion_times as completion_times
from ._schedules import rates_over_time as rates_over_time
