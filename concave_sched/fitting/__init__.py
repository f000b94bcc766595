"""From measurements to curves: least-squares fits, model selection, uncertainty, shipped data."""

from ._batch import fit_many as fit_many
from ._best import Ranking as Ranking
from ._best import fit_best as fit_best
from ._best import rank_many as rank_many
from ._data import curve_from_dict as curve_from_dict
from ._data import curve_to_dict as curve_to_dict
from ._data import datasets as datasets
from ._data import load as load
from ._data import load_curve as load_curve
from ._data import load_series as load_series
from ._diagnose import concavity_violation as concavity_violation
from ._fit import fit as fit
from ._leave_one_out import leave_one_out as leave_one_out
from ._record import record_folder as record_folder
from ._record import write_parameters as write_parameters
from ._result import Fit as Fit
from ._result import FitStatus as FitStatus
