"""The one decorator of the compiled loops; imported only by files that are imported lazily."""

import numba

compiled = numba.njit(cache=True, nogil=True)
