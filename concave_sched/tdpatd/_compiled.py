"""The decorators of the compiled loops; imported only by files that are imported lazily."""

from typing import Any

import numba

compiled = numba.njit(cache=True, nogil=True)
# For loops that only other compiled loops call: the way in from Python is not compiled.
_INNER: dict[str, Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
inner = numba.njit(cache=True, nogil=True, **_INNER)
inlined = numba.njit(cache=True, nogil=True, forceinline=True, **_INNER)
