"""Bad input is refused by name, with the entry and a remedy; files are read as written."""

import json
import sys

import numpy as np
import pytest

from concave_sched import tdpatd
from concave_sched.tdpatd import Instance, TaskGraph

GRAPH = TaskGraph([1.0, 2.0, 3.0], [[0, 1], [1, 2]], [4.0, 5.0])
INSTANCE = Instance(GRAPH, 2)


@pytest.mark.parametrize(
    "arguments, message",
    [
        (([], []), "at least one"),
        (([[1.0]], []), "shape"),
        ((["a"], []), "weights are not all numbers"),
        (([1.0, np.nan], []), r"weights\[1\] = nan"),
        (([1.0, np.inf], []), r"weights\[1\] = inf"),
        (([1.0, -2.0], []), r"weights\[1\] = -2.0"),
        (([1e308, 1e308], []), "weights sum to more"),
        (([1.0, 1.0], [[0, 2]]), r"edges\[0\] = \(0, 2\): tasks are numbered 0 to 1"),
        (([1.0, 1.0], [[0, 1], [1, 1]]), r"edges\[1\] = \(1, 1\): a task cannot precede itself"),
        (([1.0, 1.0], [[0, 1], [0, 1]]), r"edges\[1\] = \(0, 1\): the edge is there before"),
        (([1.0, 1.0], [[0.0, 1.0]]), "integers"),
        (([1.0, 1.0], [0, 1]), r"\(E, 2\)"),
        (([1.0, 1.0], [[0, 1], [0]]), "ragged"),
        (([1.0] * 3, [[0, 1], [1, 2], [2, 0]]), r"cycle .*0 -> 1 -> 2 -> 0|cycle .*1 -> 2 -> 0"),
        (([1.0, 1.0], [[0, 1]], [np.nan]), r"communication\[0\] = nan"),
        (([1.0, 1.0], [[0, 1]], [-1.0]), r"communication\[0\] = -1.0"),
        (([1.0, 1.0], [[0, 1]], [1.0, 2.0]), r"communication has shape \(2,\), not \(1,\)"),
        (([1.0, 1.0], [[0, 1]], 1.0, ["a"]), "names has 1 entries, not 2"),
    ],
)
def test_graphs(arguments, message):
    with pytest.raises(ValueError, match=message):
        TaskGraph(*arguments)


def test_the_cycle_named_is_one():
    rng = np.random.default_rng(0)
    for _ in range(30):
        edges = np.unique(rng.integers(0, 12, (20, 2)), axis=0)
        edges = edges[edges[:, 0] != edges[:, 1]]
        try:
            TaskGraph(np.ones(12), edges, 1.0)
        except ValueError as error:
            cycle = [int(i) for i in str(error).split("cycle ")[1].split(":")[0].split(" -> ")]
            assert cycle[0] == cycle[-1] and len(set(cycle[:-1])) == len(cycle) - 1
            present = set(map(tuple, edges.tolist()))
            assert all(pair in present for pair in zip(cycle[:-1], cycle[1:], strict=True))
    with pytest.raises(ValueError, match="a -> b -> a|b -> a -> b"):
        TaskGraph([1, 1], [[0, 1], [1, 0]], 0.0, ["a", "b"])


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: Instance(GRAPH, 0), "processors = 0: at least one"),
        (lambda: Instance(GRAPH, 1.5), "processors = 1.5: give a whole number"),
        (lambda: Instance([[0, 1]], 2), "graph is a list"),
        (lambda: tdpatd.partition(GRAPH, 0), "parts = 0: give a number from 1 to the 3 tasks"),
        (lambda: tdpatd.partition(GRAPH, 4), "parts = 4"),
        (lambda: tdpatd.partition(GRAPH, 1.5), "parts = 1.5"),
        (lambda: tdpatd.paper(INSTANCE, 0), "parts = 0"),
        (lambda: tdpatd.paper(INSTANCE, 99), "parts = 99"),
        (lambda: tdpatd.paper(INSTANCE, [0, 1]), r"parts has shape \(2,\)"),
        (lambda: tdpatd.paper(INSTANCE, [0, 2, 2]), "part 1 has no task"),
        (lambda: tdpatd.paper(INSTANCE, [1, 0, 1]), r"edge \(0, 1\) goes from part 1 down"),
        (lambda: tdpatd.paper(INSTANCE, [-1, 0, 1]), r"parts\[0\] = -1"),
        (lambda: tdpatd.paper(INSTANCE, 2, completion="x"), "completion = 'x'"),
        (lambda: tdpatd.paper(INSTANCE, 2, rule="x"), "rule = 'x'"),
        (lambda: tdpatd.cluster(GRAPH, 2, "median"), "communication = 'median'"),
        (lambda: tdpatd.fifo(INSTANCE, "x"), "queue = 'x'"),
        (lambda: tdpatd.solve(INSTANCE, time_limit=-1), "time_limit = -1"),
        (lambda: tdpatd.solve(INSTANCE, time_limit="soon"), "time_limit = 'soon'"),
        (lambda: tdpatd.solve(INSTANCE, effort=None), "effort = None: give the work"),
        (lambda: tdpatd.solve(INSTANCE, effort=float("inf")), "effort = inf: give a finite"),
        (lambda: tdpatd.solve(INSTANCE, seed=-1), "seed = -1"),
        (lambda: tdpatd.solve(GRAPH), r"instance is a TaskGraph: give tdpatd.Instance"),
        (lambda: tdpatd.solve(INSTANCE, workers=0), "workers = 0"),
        (lambda: tdpatd.generate(2), "tasks = 2"),
        (lambda: tdpatd.generate("a"), "tasks = 'a'"),
        (lambda: tdpatd.generate(20, levels=2), "levels = 2"),
        (lambda: tdpatd.generate(20, ccr=0), "ccr = 0"),
        (lambda: tdpatd.generate(20, data_range=(5, 1)), "data_range"),
        (lambda: tdpatd.structured("ring", 3), "kind = 'ring'"),
        (lambda: tdpatd.structured("chain", 0), "size = 0"),
        (lambda: tdpatd.structured("chain", 3, ccr=-1.0), "ccr = -1.0"),
        (lambda: GRAPH.with_ccr(-1), "ccr = -1"),
        (lambda: TaskGraph([1.0], []).with_ccr(2.0), "nothing to scale"),
        (lambda: tdpatd.simulate(INSTANCE, [[0, 1]]), "never run task 2"),
        (lambda: tdpatd.simulate(INSTANCE, [[0, 1, 1, 2]]), "has task 1 twice"),
        (lambda: tdpatd.simulate(INSTANCE, [[0, 1, 2, 7]]), "has task 7"),
        (lambda: tdpatd.simulate(INSTANCE, [[0], [1], [2]]), "3 rows for 2 processors"),
        (lambda: tdpatd.simulate(INSTANCE, [[1, 0], [2]]), "sequences deadlock: task 1"),
        (lambda: tdpatd.simulate(INSTANCE, 5), "sequences is a int: give one list of tasks"),
        (lambda: tdpatd.simulate(INSTANCE, [["a"]]), r"sequences\[0\] has type"),
        (lambda: tdpatd.simulate(GRAPH, [[0, 1, 2]]), "instance is a TaskGraph"),
        (lambda: tdpatd.simulate(INSTANCE, [[0, 1, 2]], rank=[0, 2, 1]), r"rank\[2\]"),
        (lambda: tdpatd.simulate(INSTANCE, [[0, 1], [2]], rank=[0, 5, 5]), "of its parent 1"),
        (lambda: tdpatd.Device(flops=0), "flops = 0"),
        (lambda: tdpatd.Device(latency=-1), "latency = -1"),
        (lambda: tdpatd.bert_like(hidden=10, heads=3), "hidden = 10"),
    ],
)
def test_calls(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_map_back_refuses_strangers():
    parts = [0, 0, 1]
    rough = tdpatd.etf(Instance(tdpatd.cluster(GRAPH, parts), 2))
    with pytest.raises(ValueError, match="schedule is of 2 parts"):
        tdpatd.map_back(rough, INSTANCE, [0, 1, 2])
    with pytest.raises(ValueError, match="2 processors"):
        tdpatd.map_back(rough, Instance(GRAPH, 3), parts)


def test_inputs_are_not_changed_and_numbers_are_taken_as_they_come():
    weights, edges, costs = np.array([1, 2]), np.array([[0, 1]], np.int32), np.array([3.0])
    graph = TaskGraph(weights, edges, costs)
    tdpatd.solve(Instance(graph, 2), effort=0.1, workers=1)
    assert weights.tolist() == [1, 2] and costs.tolist() == [3.0] and weights.flags.writeable
    with pytest.raises(ValueError, match="read-only"):
        graph.weights[0] = 5


def test_networkx_round_trip():
    networkx = pytest.importorskip("networkx")
    source = networkx.DiGraph()
    source.add_node("b", weight=2.0)
    source.add_node("a", weight=1.0)
    source.add_edge("a", "b", communication=7.0)
    graph = TaskGraph.from_networkx(source)
    assert graph.names == ("b", "a") and graph.edges.tolist() == [[1, 0]]
    back = graph.to_networkx()
    assert back.nodes[0] == {"weight": 2.0, "name": "b"}
    assert back.edges[1, 0] == {"communication": 7.0}
    del source.nodes["a"]["weight"]
    with pytest.raises(ValueError, match="node 'a' has no attribute 'weight'"):
        TaskGraph.from_networkx(source)
    with pytest.raises(ValueError, match="DiGraph"):
        TaskGraph.from_networkx(networkx.Graph())


TASKS = [
    {"id": "t1", "name": "cut", "children": ["t2"], "inputFiles": ["a"], "outputFiles": ["b"]},
    {"id": "t2", "name": "join", "children": [], "inputFiles": ["b", "a"], "outputFiles": []},
]
SCHEMA_15 = {
    "schemaVersion": "1.5",
    "workflow": {
        "specification": {
            "tasks": TASKS,
            "files": [{"id": "a", "sizeInBytes": 9}, {"id": "b", "sizeInBytes": 500}],
        },
        "execution": {
            "tasks": [
                {"id": "t2", "runtimeInSeconds": 2.5},
                {"id": "t1", "runtimeInSeconds": 4.0},
            ]
        },
    },
}
SCHEMA_14 = {
    "workflow": {
        "tasks": [
            {
                "name": "cut",
                "runtimeInSeconds": 4.0,
                "children": ["join"],
                "files": [{"link": "output", "name": "b", "sizeInBytes": 500}],
            },
            {
                "name": "join",
                "runtimeInSeconds": 2.5,
                "children": [],
                "files": [{"link": "input", "name": "b", "sizeInBytes": 500}],
            },
        ]
    }
}


@pytest.mark.parametrize("data", [SCHEMA_15, SCHEMA_14])
def test_wfcommons(data, tmp_path):
    path = tmp_path / "workflow.json"
    path.write_text(json.dumps(data))
    for source in (path, str(path), data):
        graph = TaskGraph.from_wfcommons(source, bandwidth=100.0)
        assert graph.names == ("cut", "join") and graph.weights.tolist() == [4.0, 2.5]
        assert graph.edges.tolist() == [[0, 1]] and graph.communication.tolist() == [5.0]
    assert TaskGraph.from_wfcommons(data, ccr=2.0).ccr == pytest.approx(2.0)


def test_wfcommons_refusals():
    with pytest.raises(ValueError, match="not a WfCommons"):
        TaskGraph.from_wfcommons({})
    with pytest.raises(ValueError, match="bandwidth"):
        TaskGraph.from_wfcommons(SCHEMA_15, bandwidth=0.0)
    unrun = json.loads(json.dumps(SCHEMA_15))
    unrun["workflow"]["execution"]["tasks"].pop()
    with pytest.raises(ValueError, match="'t1' has no run time"):
        TaskGraph.from_wfcommons(unrun)
    broken = json.loads(json.dumps(SCHEMA_15))
    broken["workflow"]["specification"]["tasks"][0]["children"] = ["t9"]
    with pytest.raises(ValueError, match="child 't9'"):
        TaskGraph.from_wfcommons(broken)


def test_standard_task_graphs(tmp_path):
    path = tmp_path / "g.stg"
    path.write_text(
        "  2  # two tasks and two dummies\n 0 0 0\n1 5 1 0\n2 7 1 0\n3 0 2 1 2\n# end\n"
    )
    graph = TaskGraph.from_stg(path, communication=2.0)
    assert graph.weights.tolist() == [0, 5, 7, 0]
    assert graph.edges.tolist() == [[0, 1], [0, 2], [1, 3], [2, 3]]
    assert graph.communication.tolist() == [2.0] * 4
    path.write_text("2\n0 3 0\n1 4 1 0 6.5\n")
    assert TaskGraph.from_stg(path).communication.tolist() == [6.5]
    for text, message in (
        ("0 3 0\n", "starts with the number"),
        ("2\n0 3 0\n1 3 2 0\n", "'task weight parents"),
        ("1\n0 3\n", "'task weight parents"),
        ("9\n0 3 0\n", "announces 9 tasks"),
        ("2\n0 3 0\n2 3 0\n", "numbered 0 to 1"),
    ):
        path.write_text(text)
        with pytest.raises(ValueError, match=message):
            TaskGraph.from_stg(path)


def test_dot(tmp_path):
    path = tmp_path / "g.dot"
    path.write_text(
        'digraph "G" { // comment\n graph [rankdir=LR];\n a [weight=2.5, label="x; y"];\n'
        "  b [weight=3]\n a -> b [weight=4]; b -> c -> d;\n /* e -> f */ }"
    )
    graph = TaskGraph.from_dot(path)
    assert graph.names == ("a", "b", "c", "d") and graph.weights.tolist() == [2.5, 3.0, 1.0, 1.0]
    assert graph.edges.tolist() == [[0, 1], [1, 2], [2, 3]]
    assert graph.communication.tolist() == [4.0, 0.0, 0.0]
    path.write_text("digraph { a -> { b c } }")
    with pytest.raises(ValueError, match="subgraphs and ports are not read"):
        TaskGraph.from_dot(path)
    path.write_text("graph { a -- b }")
    with pytest.raises(ValueError, match="digraph"):
        TaskGraph.from_dot(path)


def test_tables_and_summaries():
    schedule = tdpatd.dsh(INSTANCE)
    frame = schedule.to_dataframe()
    assert {"task", "processor", "start", "end"} <= set(frame.columns)
    assert len(frame) == schedule.task.size and frame.end.max() == schedule.objective
    assert "lower bound" in schedule.summary() and "<table>" in schedule._repr_html_()
    assert GRAPH.to_dataframe().weight.tolist() == [1.0, 2.0, 3.0]
    assert "<table>" in GRAPH._repr_html_() and "tasks=3" in repr(GRAPH)


def test_a_schedule_can_be_run_again():
    schedule = tdpatd.dsh(INSTANCE)
    assert tdpatd.simulate(INSTANCE, schedule).objective == schedule.objective


def test_long_cycles_are_named_in_part():
    ring = [[i, (i + 1) % 20] for i in range(20)]
    with pytest.raises(ValueError, match=r"cycle (\d+ -> ){12}\.\.\. -> \d+: remove"):
        TaskGraph([1.0] * 20, ring)


def test_networkx_is_named_where_it_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "networkx", None)
    with pytest.raises(ImportError, match=r"concave_sched\[graphs\]"):
        GRAPH.to_networkx()
