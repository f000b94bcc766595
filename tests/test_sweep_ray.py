"""The same call on a real local Ray cluster, one of whose workers is killed in mid-sweep."""

import pytest
import test_sweep_crashes
from test_sweep_crashes import SQUARES, counts, mortal, recorded

from concave_sched import sweep

ray = pytest.importorskip(
    "ray", reason="Ray is not installed: pip install 'concave_sched[cluster]'"
)
pytestmark = [
    pytest.mark.timeout(240),
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(scope="module")
def cluster():
    from concave_sched.membatch.ray._cluster import _loopback, load_ray

    load_ray()
    with _loopback():
        ray.init(
            num_cpus=2,
            include_dashboard=False,
            object_store_memory=80 * 1024 * 1024,
            _node_ip_address="127.0.0.1",
            log_to_driver=False,
            logging_level="ERROR",
        )
    ray.cloudpickle.register_pickle_by_value(test_sweep_crashes)
    yield
    ray.shutdown()


def test_a_killed_worker_on_ray(cluster, tmp_path):
    path = tmp_path / "runs.jsonl"

    def cell(x, seed):
        seen = len(recorded(path)) if path.exists() else 0
        return {"value": mortal(x, seed, str(tmp_path)), "recorded_before": seen}

    options = {"path": path, "progress": False}
    table = sweep(cell, {"x": range(12)}, backend="ray", **options)
    assert table.value.tolist() == SQUARES
    assert table.recorded_before.max() > 5  # each row goes to disk when it comes, not at the end
    assert sorted(recorded(path)) == list(range(12))
    assert counts(tmp_path, "end") == dict.fromkeys(range(12), 1)
    assert counts(tmp_path, "begin") == {x: 1 + (x == 5) for x in range(12)}
    more = sweep(cell, {"x": range(14)}, **options)  # goes on anywhere
    assert more.value.tolist() == [*SQUARES, 144, 169]
    assert counts(tmp_path, "end") == dict.fromkeys(range(14), 1)


def test_more_workers_than_cpus_are_told(cluster):
    with pytest.raises(ValueError, match="2 CPUs"):
        sweep(mortal, {"x": [1], "folder": ["."]}, workers=50, backend="ray", progress=False)
