"""A real local Ray cluster: a plan executed, a task that raises, a node that is killed."""

import threading

import pytest

from concave_sched import membatch as mb

pytest.importorskip("ray", reason="Ray is not installed: pip install 'concave_sched[cluster]'")
pytestmark = [
    pytest.mark.ray,
    pytest.mark.timeout(240),
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
SCALE = 0.025


@pytest.fixture(scope="module")
def instance():
    devices = [d for d in mb.jetson_cluster() if d.name in ("nano0", "xavier0", "orin0")]
    names = ["number", "fashion", "cifar", "chest", "skin", "number", "cifar"]
    return mb.split(mb.Instance(names, devices, mb.edge_profiles()))


@pytest.fixture(scope="module")
def cluster(instance):
    with mb.ray.local_cluster(instance) as running:
        yield running


@pytest.fixture(scope="module")
def plan(instance):
    return mb.solve(instance, gap=0.01, time_limit=3)


def test_nodes_are_on_the_loopback(cluster):
    import ray

    nodes = [n for n in ray.nodes() if n["Alive"]]
    assert {n["NodeManagerAddress"] for n in nodes} == {"127.0.0.1"}
    assert len(nodes) == 4


def test_measured_is_simulated_plus_overhead(cluster, plan):
    table, executions = mb.ray.compare({"plan": plan}, SCALE)
    assert table.ratio["plan"] == pytest.approx(1.0, abs=0.25)
    for execution in executions.values():
        execution.validate()
        assert not execution.failed and execution.lost == 0
    assert table.simulated["plan"] < table.simulated["Ray's default"]
    order = executions["plan"].to_dataframe()
    for j, device in enumerate(plan.instance.devices):
        planned = [plan.instance.tasks[i] for i in plan.plan.order if plan.device[i] == j]
        assert order.task[order.device == device.name].tolist() == planned
    assert "measured / simulated" in executions["plan"].summary()
    assert executions["plan"].plot().get_title(loc="left").startswith("measured")


def test_a_task_that_raises_is_tried_again_and_then_given_up(cluster, plan):
    def work(task, device, seconds):
        if task == "t0":
            raise OSError("the disk is full")
        return f"{task} on {device}"

    execution = mb.ray.run(plan, SCALE, work=work, attempts=2)
    execution.validate()
    assert set(execution.failed) == {"t0"} and "the disk is full" in execution.failed["t0"]
    assert execution.status.name == "INFEASIBLE"
    assert execution.to_dataframe().task.tolist().count("t0") == 2
    assert execution.values["t1"].startswith("t1 on ")
    assert len(execution.values) == len(plan.instance.tasks) - 1
    assert any("the disk is full" in event for event in execution.events)


def test_a_node_dies_and_its_tasks_are_planned_anew(cluster, plan):
    killer = threading.Timer(1.2, cluster.kill, ["orin0"])
    killer.start()
    execution = mb.ray.run(plan, SCALE)
    killer.join()
    execution.validate()
    assert not execution.failed
    table = execution.to_dataframe()
    lost = table[table.outcome != "done"]
    assert 1 <= len(lost) == execution.lost and set(lost.device) == {"orin0"}
    again = table[table.task.isin(lost.task) & (table.outcome == "done")]
    assert len(again) == len(lost) and "orin0" not in set(again.device)
    assert any("node orin0 died" in event for event in execution.events)
    assert any("planned anew" in event for event in execution.events)


def test_a_missing_node_is_told(cluster, plan):
    with pytest.raises(RuntimeError, match="'orin0'"):
        mb.ray.run(plan, SCALE)


def test_bad_arguments_are_told(plan):
    with pytest.raises(ValueError, match="time_scale"):
        mb.ray.run(plan, 0.0)
    with pytest.raises(ValueError, match="attempts"):
        mb.ray.run(plan, attempts=0)
    with pytest.raises(ValueError, match="no function for task 't0'"):
        mb.ray.run(plan, work={})
    with pytest.raises(ValueError, match="at least 1 and 80"), mb.ray.local_cluster(None, cpus=0):
        pass
