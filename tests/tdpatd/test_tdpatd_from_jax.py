"""Graphs of JAX programs: costs by hand, calls opened, loops unrolled, dead code left out."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from concave_sched import tdpatd

DEVICE = tdpatd.Device(flops=1e9, bandwidth=1e9, overhead=1e-6, link=1e9, latency=1e-6)


def shape(*sizes, dtype=jnp.float32):
    return jax.ShapeDtypeStruct(sizes, dtype)


def operations(graph):
    return [name.split(" ")[0] for name in graph.names]


def test_costs_by_hand():
    """8 x 16 times 16 x 4: 1024 operations against 4 (128 + 64 + 32) bytes; then 4 x 64 bytes."""
    graph = tdpatd.from_jax(lambda x, w: jnp.tanh(x @ w), shape(8, 16), shape(16, 4), device=DEVICE)
    assert operations(graph) == ["dot_general", "tanh"]
    np.testing.assert_allclose(graph.weights, [1 + 1.024, 1 + 0.256])
    np.testing.assert_allclose(graph.communication, [1 + 0.128])


def test_convolution_counts_every_product():
    layout = ("NHWC", "HWIO", "NHWC")
    graph = tdpatd.from_jax(
        lambda x, k: jax.lax.conv_general_dilated(x, k, (1, 1), "SAME", dimension_numbers=layout),
        shape(2, 5, 5, 3), shape(3, 3, 3, 7), device=DEVICE,
    )  # fmt: skip
    products = 2 * (2 * 5 * 5 * 7) * (3 * 3 * 3)
    np.testing.assert_allclose(graph.weights, [1 + 1e-3 * products])


def test_one_edge_per_pair_arguments_and_constants_none():
    def f(w, x):
        y = jnp.sin(x)
        return y * w + y * jnp.arange(4.0, dtype=jnp.float32) + y

    graph = tdpatd.from_jax(f, shape(4), shape(4))
    names = operations(graph)
    sine = names.index("sin")
    pairs = graph.edges.tolist()
    assert len(set(map(tuple, pairs))) == len(pairs)
    assert not [a for a, b in pairs if b == sine]
    passes = graph.communication[graph.edges[:, 0] == sine]
    np.testing.assert_allclose(passes, tdpatd.Device().transfer_time(16))


def test_free_operations_go_with_their_consumer():
    def f(x):
        y = jnp.sin(x)
        return jnp.cos(jnp.broadcast_to(y.reshape(1, 4), (100, 4)))

    graph = tdpatd.from_jax(f, shape(4), device=DEVICE)
    assert operations(graph) == ["sin", "cos"]
    np.testing.assert_allclose(graph.communication, [1 + 0.016])  # before the broadcast


def test_calls_are_opened():
    @jax.custom_vjp
    def square(x):
        return x * x

    square.defvjp(lambda x: (x * x, x), lambda x, g: (2 * x * g,))

    def f(x):
        y = jax.jit(lambda z: jnp.sin(z))(x)
        z = jax.checkpoint(lambda z: jnp.cos(z))(y)
        return square(jax.nn.relu(z)).sum()

    assert operations(tdpatd.from_jax(f, shape(4))) == ["sin", "cos", "max", "mul", "reduce_sum"]
    assert "backward/mul" in operations(tdpatd.from_jax(f, shape(4), grad=0))


def test_scans_are_unrolled_with_slices():
    def f(w, x):
        def step(c, row):
            c = jnp.tanh(c @ w) + row
            return c, jnp.sin(c)

        c, rows = jax.lax.scan(step, jnp.zeros(4, jnp.float32), jnp.exp(x))
        return c, jnp.cos(rows)

    graph = tdpatd.from_jax(f, shape(4, 4), shape(5, 4), device=DEVICE)
    names = operations(graph)
    assert {n: names.count(n) for n in set(names)} == {
        "exp": 1, "dot_general": 5, "tanh": 5, "add": 5, "sin": 5, "cos": 1,
    }  # fmt: skip
    edges = {
        (names[a], names[b]): c
        for (a, b), c in zip(graph.edges.tolist(), graph.communication, strict=True)
    }
    assert edges["exp", "add"] == pytest.approx(1 + 0.016)  # one row
    assert edges["sin", "cos"] == pytest.approx(1 + 0.016)
    last = names.index("cos")
    assert sum(b == last for _, b in graph.edges.tolist()) == 5
    reversed_ = tdpatd.from_jax(
        lambda x: jax.lax.scan(lambda c, r: (c + r, c), 0.0, x, reverse=True)[0],
        shape(3, dtype=float),
    )
    assert operations(reversed_) == ["add"] * 3


def test_gradient_of_a_scan_reads_slices_of_what_it_stored():
    def f(w, x):
        return jax.lax.scan(lambda c, r: (jnp.tanh(c @ w) + r, None), x[0], x)[0].sum()

    graph = tdpatd.from_jax(f, shape(4, 4), shape(6, 4), grad=0, device=DEVICE)
    assert operations(graph).count("dot_general") == 6
    assert graph.communication.max() <= 1 + 0.064 + 1e-9  # the gradient of w is the largest


def test_cond_and_while_are_one_task():
    def f(x):
        y = jax.lax.cond(x.sum() > 0, lambda z: jnp.sin(jnp.cos(z)), lambda z: z, x)
        return jax.lax.while_loop(lambda z: z.sum() < 9, lambda z: jnp.exp(z) + 1, y)

    graph = tdpatd.from_jax(f, shape(1000), device=DEVICE)
    names, weights = operations(graph), graph.weights
    assert names.count("cond") == names.count("while") == 1
    assert weights[names.index("cond")] == pytest.approx(2 * (1 + 8))


def test_a_scan_of_no_steps_passes_its_carry():
    def f(x):
        c, rows = jax.lax.scan(lambda c, r: (c + r, c), jnp.sin(x[:1].sum()), x[:0])
        return c, jnp.cos(rows)

    assert operations(tdpatd.from_jax(f, shape(4))) == ["slice", "reduce_sum", "sin", "cos"]


def test_dead_code_is_left_out():
    def f(x):
        jnp.sin(x) + 1
        return jnp.cos(x)

    assert operations(tdpatd.from_jax(f, shape(4))) == ["cos"]
    with pytest.raises(ValueError, match="no operation"):
        tdpatd.from_jax(lambda x: x.reshape(2, 2), shape(4))


def test_integer_leaves_and_gradients():
    def f(parameters, x):
        return (parameters["w"] * x).sum() * parameters["n"].astype(jnp.float32)

    parameters = {"w": shape(4), "n": shape(dtype=jnp.int32)}
    for grad in (0, (0,), True, (0, 1)):
        graph = tdpatd.from_jax(f, parameters, shape(4), grad=grad)
        assert any(name.startswith("backward") for name in graph.names)
    assert not any("backward" in n for n in tdpatd.from_jax(f, parameters, shape(4)).names)
    with pytest.raises(TypeError):
        tdpatd.from_jax(lambda x: x, shape(4), grad=0)


def test_names_lead_to_the_source():
    def f(x):
        with jax.named_scope("mine"):
            return jnp.sin(x)

    line = f.__code__.co_firstlineno + 2
    graph = tdpatd.from_jax(f, jnp.ones(4, jnp.float32))
    assert graph.names == (f"mine/sin (test_tdpatd_from_jax.py:{line})",)


def test_transformed_functions():
    batched = jax.vmap(lambda w, x: jnp.tanh(w @ x).sum(), in_axes=(None, 0))
    assert tdpatd.from_jax(batched, shape(4, 4), shape(7, 4)).tasks >= 3
    assert tdpatd.from_jax(jax.grad(lambda x: jnp.sin(x).sum()), shape(4)).tasks >= 1


@pytest.mark.parametrize("model, tasks", [("bert_like", 400), ("resnet50_like", 1500)])
def test_models_are_scheduled(model, tasks):
    loss, arguments = getattr(tdpatd, model)()
    graph = tdpatd.from_jax(loss, *arguments, grad=0)
    assert graph.tasks > tasks and 4 < graph.ccr < 15
    fast = tdpatd.from_jax(loss, *arguments, grad=0, device=tdpatd.Device(link=300e9, latency=1e-6))
    assert 0.3 < fast.ccr < 1.5
    schedule = tdpatd.solve(tdpatd.Instance(fast, 4), effort=0.5, workers=1)
    schedule.validate()
    assert schedule.objective < 0.9 * graph.weights.sum()


def test_the_loss_is_a_real_loss():
    """The example computes: shapes shrunk, its value is that of guessing among the words."""
    loss, (parameters, tokens) = tdpatd.bert_like(1, 16, 2, 8, 2, 11)
    zeros = jax.tree.map(lambda s: jnp.zeros(s.shape, s.dtype), parameters)
    value = jax.jit(loss)(zeros, jnp.zeros(tokens.shape, jnp.int32))
    assert value == pytest.approx(np.log(11), rel=1e-5)


def test_arrays_of_the_closure_are_resident():
    table = jnp.arange(4.0, dtype=jnp.float32)
    graph = tdpatd.from_jax(lambda x: jnp.sin(x) * table, shape(4), device=DEVICE)
    assert operations(graph) == ["sin", "mul"] and len(graph.edges) == 1
    np.testing.assert_allclose(graph.weights[1], 1 + 3 * 0.016)


def test_a_scan_of_too_many_steps_is_refused():
    def f(x):
        return jax.lax.scan(lambda c, _: (jnp.sin(c) + c, None), x, None, length=10**6)[0]

    with pytest.raises(ValueError, match="unrolls to over 1000000 tasks"):
        tdpatd.from_jax(f, shape(4))
