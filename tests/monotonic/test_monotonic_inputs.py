"""Bad input is refused before any solve, by name; results show themselves."""

import subprocess
import sys

import jax
import numpy as np
import pytest

from concave_sched import monotonic
from concave_sched._results import Status

Instance, WeightedInstance = monotonic.Instance, monotonic.WeightedInstance
COSTS = [1.0, 2.0]
BAD = {
    "length not divisible": (lambda: Instance("HLH", 2, COSTS), "heavy has 3 jobs.*append lights"),
    "too many jobs": (lambda: Instance("HLHLHL", 2, COSTS), "heavy has 6 jobs.*add machines"),
    "empty": (lambda: Instance("", 2, COSTS), "heavy has shape"),
    "decreasing": (lambda: Instance("HL", 1, [2.0, 1.0]), r"slot_costs\[1\].*WeightedInstance"),
    "nan cost": (lambda: Instance("HL", 1, [1.0, np.nan]), r"slot_costs\[1\] = nan"),
    "infinite cost": (lambda: Instance("HL", 1, [1.0, np.inf]), r"slot_costs\[1\] = inf"),
    "no costs": (lambda: Instance("HL", 1, []), "slot_costs has shape"),
    "one cost": (lambda: Instance("H", 1, 1.0), "slot_costs has shape"),
    "by machine": (lambda: Instance("HLLH", 2, [COSTS] * 2), "slot_costs.*WeightedInstance"),
    "no machines": (lambda: Instance("HL", 0, COSTS), "machines = 0"),
    "negative machines": (lambda: Instance("HL", -1, COSTS), "machines = -1"),
    "half a machine": (lambda: Instance("HL", 1.5, COSTS), "machines = 1.5"),
    "no slots": (lambda: Instance("HL", 1, COSTS, slots=0), "slots = 0"),
    "negative slots": (lambda: Instance("HL", 2, COSTS, slots=[2, -1]), r"slots\[1\] = -1"),
    "more slots than costs": (lambda: Instance("HL", 1, COSTS, slots=3), "slots = 3"),
    "ascending slots": (lambda: Instance("HL", 2, COSTS, slots=[1, 2]), r"slots\[1\].*descending"),
    "slots of others": (lambda: Instance("HL", 2, COSTS, slots=[1, 1, 1]), "slots ="),
    "half a slot": (lambda: Instance("HL", 2, COSTS, slots=1.5), "slots = 1.5"),
    "other symbols": (lambda: Instance("HLXL", 2, COSTS), r"heavy\[2\] = 'X'"),
    "small letters": (lambda: Instance("HLhL", 2, COSTS), r"heavy\[2\] = 'h'"),
    "beyond ASCII": (lambda: Instance("HLÄL", 2, COSTS), r"heavy\[2\] = 'Ä'"),
    "list of symbols": (lambda: Instance(["H", "x"], 1, COSTS), r"heavy\[1\] = 'x'"),
    "three energies": (lambda: Instance([1.0, 2, 3, 1], 2, COSTS), r"heavy\[1\] = 2.*Weighted"),
    "nan energy": (lambda: Instance([1.0, np.nan], 1, COSTS), r"heavy\[1\] = nan"),
    "objects": (lambda: Instance([None, 1], 1, COSTS), "heavy has dtype"),
    "energies twice": (lambda: Instance([1.0, 3], 1, COSTS, energies=(1, 2)), "energies ="),
    "energies swapped": (lambda: Instance("HL", 1, COSTS, energies=(2, 1)), "energies = "),
    "three energies apart": (lambda: Instance("HL", 1, COSTS, energies=(1, 2, 3)), "energies = "),
    "energies in words": (lambda: Instance("HL", 1, COSTS, energies="ab"), "energies = "),
    "costs in words": (lambda: Instance("HL", 1, ["a", "b"]), "slot_costs = .*give numbers"),
    "weights in words": (lambda: WeightedInstance(["a", "b"], 1, COSTS), "weights = .*numbers"),
    "two kinds as weighted": (
        lambda: monotonic.solve_weighted(Instance("HL", 1, COSTS)),
        "call solve",
    ),
    "nan energies": (lambda: Instance("HL", 1, COSTS, energies=(0, np.nan)), "energies"),
    "paid lights, empty slots": (
        lambda: Instance("HL", 2, COSTS, energies=(1, 2)),
        "energies.*third kind.*WeightedInstance",
    ),
    "paid lights in the list": (lambda: Instance([1.0, 2], 2, COSTS), "energies.*third kind"),
    "no weights": (lambda: WeightedInstance([], 2, COSTS), "weights has shape"),
    "nan weight": (lambda: WeightedInstance([1, np.nan], 2, COSTS), r"weights\[1\] = nan"),
    "rows for others": (lambda: WeightedInstance([1, 2], 2, [COSTS] * 3), "slot_costs has shape"),
    "quotas too many": (
        lambda: monotonic.construct(Instance("HHLL", 2, COSTS), [0, 3]),
        r"quotas\[1\] = 3",
    ),
    "quotas negative": (
        lambda: monotonic.construct(Instance("HHLL", 2, COSTS), [3, -1]),
        r"quotas\[1\] = -1",
    ),
    "quotas too early": (
        lambda: monotonic.construct(Instance("LLHH", 2, COSTS), [1, 1]),
        r"quotas\[0\] = 1",
    ),
    "quotas too few": (
        lambda: monotonic.construct(Instance("HHLL", 2, COSTS), [1, 0]),
        "quotas add up to 1",
    ),
    "quotas of others": (
        lambda: monotonic.construct(Instance("HHLL", 2, COSTS), [2]),
        "quotas has shape",
    ),
    "order": (
        lambda: monotonic.eliminate_misalignment(Instance("HL", 1, COSTS), "best"),
        "order = 'best'",
    ),
    "moves": (
        lambda: monotonic.eliminate_misalignment(Instance("HL", 1, COSTS), max_moves=-1),
        "max_moves = -1",
    ),
    "formulation": (lambda: monotonic.solve_ilp(Instance("HL", 1, COSTS), "lp"), "formulation"),
    "compact by machine": (
        lambda: monotonic.solve_ilp(WeightedInstance([1, 2], 2, [COSTS] * 2), "compact"),
        "slot_costs",
    ),
    "states by machine": (
        lambda: monotonic.solve_weighted(WeightedInstance([1, 2], 2, [COSTS] * 2), "states"),
        "slot_costs",
    ),
    "too many states": (
        lambda: monotonic.solve_weighted(WeightedInstance([1.0] * 30, 30, range(30)), "states"),
        "load multisets",
    ),
    "method": (lambda: monotonic.solve_weighted(WeightedInstance([1], 1, [1]), "lp"), "method"),
    "full machine": (lambda: monotonic.validate(Instance("HL", 2, [1.0]), [0, 0]), "is full"),
    "no such machine": (lambda: monotonic.validate(Instance("HL", 2, [1.0]), [0, 2]), "no such"),
    "a number": (lambda: monotonic.solve(3), "instance = int"),
    "weighted": (
        lambda: monotonic.construct(WeightedInstance([1.0], 1, [1.0]), [1]),
        "instance = WeightedInstance: construct takes",
    ),
    "time limit": (
        lambda: monotonic.solve_ilp(Instance("HL", 1, [1.0, 2.0]), time_limit="long"),
        "time_limit = 'long'",
    ),
    "machines of others": (lambda: monotonic.validate(Instance("HL", 2, [1.0]), [0]), "shape"),
}


@pytest.mark.parametrize("name", BAD)
def test_refused_by_name(name):
    call, message = BAD[name]
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(
    "algorithm",
    [monotonic.dynamic_programming, monotonic.eliminate_misalignment, monotonic.solve_ilp],
)
def test_loops_take_one_concrete_sequence(algorithm):
    heavy = np.array([[True, False], [False, True]])
    with pytest.raises(ValueError, match="takes one sequence"):
        algorithm(Instance(heavy, 1, COSTS))
    with pytest.raises(ValueError, match="call solve"):
        jax.jit(lambda h: algorithm(Instance(h, 1, COSTS)).objective)(heavy[0])


def test_every_way_to_write_a_sequence():
    expected = [True, False, False, True]
    ways = ["HLLH", list("HLLH"), [1, 0, 0, 1], [True, False, False, True], [7.5, 2, 2, 7.5]]
    for way in [*ways, np.array([3, 1, 1, 3]), jax.numpy.array([True, False, False, True])]:
        assert np.asarray(Instance(way, 2, COSTS).heavy).tolist() == expected


def test_fewer_jobs_than_slots():
    assert monotonic.solve(Instance("LHLH", 2, [1.0, 2.0, 3.0])).objective == 3
    assert monotonic.solve(Instance("LHH", 2, [1.0, 2.0, 3.0], slots=3)).objective == 3


def test_a_wrong_claim_is_found():
    result = monotonic.solve(Instance("HLLH", 2, COSTS))
    for field, value in [("objective", 1.0), ("quotas", [2, 0]), ("heavy_per_slot", [2, 0])]:
        fake = monotonic.solve(result.instance)
        object.__setattr__(fake, field, np.asarray(value) if field != "objective" else value)
        with pytest.raises(ValueError):
            fake.validate()


def test_results_show_themselves():
    weighted = monotonic.solve(WeightedInstance([3, 1, 2, 0], 2, COSTS))
    plain = monotonic.solve(Instance("HLLH", 2, COSTS))
    moved = monotonic.eliminate_misalignment(Instance("HHLL", 2, COSTS), max_moves=0)
    assert moved.status is Status.FEASIBLE
    for result in (weighted, plain, moved):
        assert "objective" in result.summary() and "status" in result.summary()
        assert result._repr_html_().startswith("<table>")
        frame = result.to_dataframe()
        assert list(frame.job) == [0, 1, 2, 3]
        assert frame.energy.sum() == result.energy
        ax = result.plot()
        assert result.plot(ax) is ax
        ax.figure.clear()
    certificate = plain.certificate()
    assert len(certificate.to_dataframe()) == 2
    assert certificate.plot().get_xlabel()
    assert "optimality" in certificate.summary()


def test_importing_stays_light():
    code = (
        "import sys, concave_sched.monotonic as m, jax; "
        "heavy = {'numba', 'scipy.optimize', 'matplotlib', 'pandas'} & set(sys.modules); "
        "assert not heavy, heavy; "
        "from jax._src import xla_bridge; assert not xla_bridge._backends; "
        "i = m.Instance('HL', 1, [1.0, 2.0])\n"
        "try: m.solve(i)\n"
        "except RuntimeError as e: assert 'jax_enable_x64' in str(e)\n"
        "else: raise SystemExit('solved in 32 bits')"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
