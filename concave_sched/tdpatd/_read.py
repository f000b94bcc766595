"""Task graphs from networkx, WfCommons, Standard Task Graph and DOT files."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np

from ._graph import TaskGraph


def from_networkx(graph, weight: str, communication: str) -> TaskGraph:
    if not hasattr(graph, "is_directed") or not graph.is_directed() or graph.is_multigraph():
        raise ValueError(
            f"graph is a {type(graph).__name__}: give a networkx.DiGraph, whose edges point from a "
            "task to those that wait for it."
        )
    number = {node: i for i, node in enumerate(graph.nodes)}
    weights = []
    for node, attributes in graph.nodes(data=True):
        if weight not in attributes:
            raise ValueError(f"node {node!r} has no attribute {weight!r}: set its execution time.")
        weights.append(attributes[weight])
    edges = [(number[a], number[b]) for a, b in graph.edges]
    times = [attributes.get(communication, 0.0) for _, _, attributes in graph.edges(data=True)]
    return TaskGraph(weights, edges, times, [str(node) for node in number])


def to_networkx(graph: TaskGraph):
    try:
        import networkx
    except ImportError as error:
        raise ImportError(
            "to_networkx needs networkx: pip install 'concave_sched[graphs]'."
        ) from error
    made = networkx.DiGraph()
    for i, weight in enumerate(graph.weights):
        made.add_node(i, weight=float(weight), name=graph.name(i))
    for (a, b), time in zip(graph.edges.tolist(), graph.communication, strict=True):
        made.add_edge(a, b, communication=float(time))
    return made


def from_wfcommons(path, bandwidth: float) -> TaskGraph:
    if not 0 < bandwidth < np.inf:
        raise ValueError(f"bandwidth = {bandwidth}: give bytes per second.")
    data = path if isinstance(path, dict) else json.loads(Path(path).read_text())
    workflow = data.get("workflow")
    if workflow is None:
        raise ValueError("the file has no 'workflow': it is not a WfCommons instance.")
    if "specification" in workflow:
        tasks, reads, writes, runtime = _schema_15(workflow)
    else:
        tasks, reads, writes, runtime = _schema_14(workflow)
    number = {task["id"]: i for i, task in enumerate(tasks)}
    edges, times = [], []
    for task in tasks:
        for child in dict.fromkeys(task.get("children", ())):
            if child not in number:
                raise ValueError(f"task {task['id']!r} has the child {child!r}, which is no task.")
            shared = writes[task["id"]].keys() & reads[child].keys()
            edges.append((number[task["id"]], number[child]))
            times.append(sum(writes[task["id"]][f] for f in shared) / bandwidth)
    missing = [task["id"] for task in tasks if task["id"] not in runtime]
    if missing:
        raise ValueError(f"task {missing[0]!r} has no run time: use an executed instance.")
    names = [task.get("name", task["id"]) for task in tasks]
    return TaskGraph([runtime[task["id"]] for task in tasks], edges, times, names)


def _schema_15(workflow):
    specification = workflow["specification"]
    size = {f["id"]: float(f.get("sizeInBytes", 0)) for f in specification.get("files", ())}
    tasks = specification["tasks"]
    reads = {t["id"]: {f: size.get(f, 0.0) for f in t.get("inputFiles", ())} for t in tasks}
    writes = {t["id"]: {f: size.get(f, 0.0) for f in t.get("outputFiles", ())} for t in tasks}
    executed = workflow.get("execution", {}).get("tasks", ())
    return tasks, reads, writes, {t["id"]: float(t["runtimeInSeconds"]) for t in executed}


def _schema_14(workflow):
    tasks = [{**t, "id": t.get("id", t["name"])} for t in workflow["tasks"]]
    reads, writes, runtime = {}, {}, {}
    by_name = {t["name"]: t["id"] for t in tasks}
    for task in tasks:
        task["children"] = [by_name.get(c, c) for c in task.get("children", ())]
        files = task.get("files", ())
        named = [(f.get("link"), f.get("name", f.get("id")), f) for f in files]
        sized = [(k, n, float(f.get("sizeInBytes", f.get("size", 0)))) for k, n, f in named]
        reads[task["id"]] = {name: size for kind, name, size in sized if kind == "input"}
        writes[task["id"]] = {name: size for kind, name, size in sized if kind == "output"}
        time = task.get("runtimeInSeconds", task.get("runtime"))
        if time is not None:
            runtime[task["id"]] = float(time)
    return tasks, reads, writes, runtime


def from_stg(path, communication) -> TaskGraph:
    lines = [line.split("#")[0].split() for line in Path(path).read_text().splitlines()]
    lines = [line for line in lines if line]
    if not lines or len(lines[0]) != 1:
        raise ValueError("line 1: a Standard Task Graph file starts with the number of tasks.")
    weights, edges, times = {}, [], []
    for line in lines[1:]:
        try:
            task, weight, count = int(line[0]), float(line[1]), int(line[2])
            rest = line[3:]
            if len(rest) not in (count, 2 * count):
                raise ValueError
            step = 2 if len(rest) == 2 * count and count else 1
            parents = [int(parent) for parent in rest[::step]]
        except (ValueError, IndexError):
            raise ValueError(
                f"line {' '.join(line)!r}: give 'task weight parents parent...', with or without a "
                "communication time after every parent."
            ) from None
        weights[task] = weight
        edges += [(parent, task) for parent in parents]
        times += [float(time) for time in rest[1::2]] if step == 2 else [None] * count
    if sorted(weights) != list(range(len(weights))):
        raise ValueError(f"tasks are not numbered 0 to {len(weights) - 1} once each.")
    declared = int(lines[0][0])
    if len(weights) not in (declared, declared + 2):  # the two dummies are not always counted
        raise ValueError(f"the file announces {declared} tasks and has {len(weights)}.")
    if any(time is None for time in times):
        times = np.broadcast_to(np.asarray(communication, float), len(edges))
    return TaskGraph([weights[i] for i in range(len(weights))], edges, times)


_NAME = r'(?:"(?:[^"\\]|\\.)*"|[\w.]+)'
_ATTRIBUTE = re.compile(rf"(\w+)\s*=\s*({_NAME}|-?[\d.eE+-]+)")
_STATEMENT = re.compile(rf"^({_NAME}(?:\s*->\s*{_NAME})*)\s*(?:\[(.*)\])?$", re.DOTALL)


def from_dot(path, weight: str, communication: str) -> TaskGraph:
    text = re.sub(r"//[^\n]*|/\*.*?\*/|^#[^\n]*", "", Path(path).read_text(), flags=re.M | re.S)
    match = re.search(r"\bdigraph\b[^{]*\{(.*)\}", text, re.DOTALL)
    if match is None:
        raise ValueError("the file has no 'digraph { ... }': give a directed graph in DOT.")
    weights: dict[str, float] = {}
    edges, times = [], []
    for statement in re.split(r"[;\n]+(?![^\[]*\])", match.group(1)):
        statement = statement.strip()
        found = _STATEMENT.match(statement)
        if not statement or re.match(r"(graph|node|edge)\b\s*\[|\w+\s*=", statement):
            continue
        if found is None:
            raise ValueError(f"statement {statement!r}: subgraphs and ports are not read.")
        attributes = {k: v.strip('"') for k, v in _ATTRIBUTE.findall(found.group(2) or "")}
        nodes = [node.strip().strip('"') for node in found.group(1).split("->")]
        if len(nodes) == 1:
            weights[nodes[0]] = float(attributes.get(weight, 1.0))
            continue
        for node in nodes:
            weights.setdefault(node, 1.0)
        edges += list(zip(nodes[:-1], nodes[1:], strict=True))
        times += [float(attributes.get(communication, 0.0))] * (len(nodes) - 1)
    number = {node: i for i, node in enumerate(weights)}
    pairs = [(number[a], number[b]) for a, b in edges]
    return TaskGraph(list(weights.values()), pairs, times, list(number))
