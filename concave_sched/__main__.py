"""`python -m concave_sched`: the main job; `fit FILE.csv`, `figures`, `api`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit status."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    import jax

    jax.config.update("jax_enable_x64", True)
    import matplotlib

    matplotlib.use("Agg")
    try:
        if arguments[:1] == ["fit"]:
            from .fitting._cli import main as fit_main

            return fit_main(arguments[1:])
        if arguments[:1] == ["figures"]:
            from ._figures import main as figures_main

            return figures_main(arguments[1:])
        if arguments[:1] == ["api"]:
            from ._api import main as api_main

            return api_main(arguments[1:])
        options = _parser().parse_args(arguments)
        from ._main_job import run

        return run(options.series, options.jobs, options.seed, options.folder, options.only)
    except ValueError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    from ._main_systems import Options

    defaults = Options()
    parser = argparse.ArgumentParser(
        prog="python -m concave_sched",
        description="Solve one instance of each of the five systems, bound it, confirm it by "
        "other means and write a report; the first schedules jobs under a measured speedup. "
        "Other commands: `fit FILE.csv` fits your own measurements, `figures` draws the published "
        "figures again, `api` writes the reference of all public names (each has --help).",
    )
    parser.add_argument(
        "--series",
        default=defaults.series,
        help="a series of the shipped Gavel data (default: %(default)s)",
    )
    parser.add_argument(
        "--jobs", type=int, default=defaults.jobs, help="number of jobs (default: %(default)s)"
    )
    parser.add_argument(
        "--seed", type=int, default=defaults.seed, help="of random sizes (default: %(default)s)"
    )
    parser.add_argument(
        "--only", nargs="+", default=(), metavar="SYSTEM", help="these systems (default: all five)"
    )
    parser.add_argument(
        "--folder", default="concave_sched_report", help="where to write (default: %(default)s)"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
