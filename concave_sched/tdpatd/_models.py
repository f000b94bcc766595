"""Ready examples of real training steps, in pure JAX and on shapes only."""

from __future__ import annotations

import jax
import jax.numpy as jnp


def bert_like(
    layers: int = 3,
    hidden: int = 768,
    heads: int = 12,
    sequence: int = 128,
    batch: int = 8,
    vocabulary: int = 30522,
):
    """A BERT-like encoder: (loss, (parameters, tokens)), the arguments as shapes.

    Multi-head attention and a four times wider GELU layer, each with a residual and layer
    normalisation, then the cross-entropy of all tokens.

    >>> from concave_sched.tdpatd import from_jax
    >>> loss, arguments = bert_like(layers=1)
    >>> forward, training = from_jax(loss, *arguments), from_jax(loss, *arguments, grad=0)
    >>> 2 < training.tasks / forward.tasks < 5
    True

    Source: Devlin et al. (2019), the layout; Huang et al. (2021) use 3, 6 and 128 layers.
    """
    if hidden % heads or min(layers, hidden, heads, sequence, batch, vocabulary) < 1:
        raise ValueError(f"hidden = {hidden}, heads = {heads}: all >= 1, heads divide hidden.")
    shape = lambda *sizes: jax.ShapeDtypeStruct(sizes, jnp.float32)  # noqa: E731
    scale = {"scale": shape(hidden), "shift": shape(hidden)}
    layer = {name: shape(hidden, hidden) for name in ("query", "key", "value", "output")}
    layer |= {"wide": shape(hidden, 4 * hidden), "narrow": shape(4 * hidden, hidden)}
    layer |= {"attention_norm": scale, "feed_norm": scale}
    parameters = {
        "embedding": shape(vocabulary, hidden),
        "position": shape(sequence, hidden),
        "layers": [layer] * layers,
        "norm": scale,
    }
    tokens = jax.ShapeDtypeStruct((batch, sequence), jnp.int32)

    def loss(parameters, tokens):
        with jax.named_scope("embedding"):
            x = parameters["embedding"][tokens] + parameters["position"][None]
        for number, layer in enumerate(parameters["layers"]):
            with jax.named_scope(f"layer{number}"):
                x = _normalise(layer["attention_norm"], x + _attention(layer, x, heads))
                x = _normalise(layer["feed_norm"], x + _feed_forward(layer, x))
        with jax.named_scope("head"):
            logits = _normalise(parameters["norm"], x) @ parameters["embedding"].T
            chosen = jnp.take_along_axis(jax.nn.log_softmax(logits), tokens[..., None], axis=-1)
            return -chosen.mean()

    return loss, (parameters, tokens)


def _normalise(parameters, x):
    with jax.named_scope("norm"):
        mean = x.mean(-1, keepdims=True)
        variance = jnp.square(x - mean).mean(-1, keepdims=True)
        scale, shift = parameters["scale"][None, None], parameters["shift"][None, None]
        return (x - mean) * jax.lax.rsqrt(variance + 1e-6) * scale + shift


def _attention(layer, x, heads):
    with jax.named_scope("attention"):
        batch, sequence, hidden = x.shape
        split = lambda y: y.reshape(batch, sequence, heads, hidden // heads)  # noqa: E731
        query, key, value = (split(x @ layer[name]) for name in ("query", "key", "value"))
        scores = jnp.einsum("bqhd,bkhd->bhqk", query, key) * (hidden // heads) ** -0.5
        mixed = jnp.einsum("bhqk,bkhd->bqhd", jax.nn.softmax(scores), value)
        return mixed.reshape(batch, sequence, hidden) @ layer["output"]


def _feed_forward(layer, x):
    with jax.named_scope("feed_forward"):
        return jax.nn.gelu(x @ layer["wide"]) @ layer["narrow"]


def resnet50_like(size: int = 224, batch: int = 16, classes: int = 1000):
    """A ResNet-50-like network: (loss, (parameters, images, labels)), the arguments as shapes.

    Four stages of 3, 4, 6 and 3 bottlenecks with batch statistics, after a stem, before a
    classifier.

    >>> from concave_sched.tdpatd import from_jax
    >>> loss, arguments = resnet50_like()
    >>> from_jax(loss, *arguments).tasks > 500
    True

    Source: He et al. (2016), the layout; one of the models of Huang et al. (2021).
    """
    shape = lambda *sizes: jax.ShapeDtypeStruct(sizes, jnp.float32)  # noqa: E731

    def convolution(width, inputs, outputs):
        channels = {"scale": shape(outputs), "shift": shape(outputs)}
        return {"kernel": shape(width, width, inputs, outputs), **channels}

    stages, inputs = [], 64
    for blocks, inner in ((3, 64), (4, 128), (6, 256), (3, 512)):
        stage = []
        for number in range(blocks):
            block = {
                "reduce": convolution(1, inputs, inner),
                "spatial": convolution(3, inner, inner),
                "expand": convolution(1, inner, 4 * inner),
            }
            if number == 0:
                block["shortcut"] = convolution(1, inputs, 4 * inner)
            stage.append(block)
            inputs = 4 * inner
        stages.append(stage)
    parameters = {
        "stem": convolution(7, 3, 64),
        "stages": stages,
        "classifier": shape(inputs, classes),
    }
    images = shape(batch, size, size, 3)
    labels = jax.ShapeDtypeStruct((batch,), jnp.int32)

    def loss(parameters, images, labels):
        with jax.named_scope("stem"):
            x = jax.nn.relu(_convolve(parameters["stem"], images, 2))
            window, stride = (1, 3, 3, 1), (1, 2, 2, 1)
            x = jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, window, stride, "SAME")
        for number, stage in enumerate(parameters["stages"]):
            for place, block in enumerate(stage):
                with jax.named_scope(f"stage{number}/block{place}"):
                    x = _bottleneck(block, x, 2 if place == 0 and number > 0 else 1)
        with jax.named_scope("classifier"):
            logits = x.mean((1, 2)) @ parameters["classifier"]
            chosen = jnp.take_along_axis(jax.nn.log_softmax(logits), labels[:, None], axis=-1)
            return -chosen.mean()

    return loss, (parameters, images, labels)


def _convolve(parameters, x, stride):
    """Convolution, batch statistics, scale and shift."""
    layout = ("NHWC", "HWIO", "NHWC")
    y = jax.lax.conv_general_dilated(
        x, parameters["kernel"], (stride, stride), "SAME", dimension_numbers=layout
    )
    mean = y.mean((0, 1, 2), keepdims=True)
    variance = jnp.square(y - mean).mean((0, 1, 2), keepdims=True)
    scale, shift = parameters["scale"][None, None, None], parameters["shift"][None, None, None]
    return (y - mean) * jax.lax.rsqrt(variance + 1e-5) * scale + shift


def _bottleneck(block, x, stride):
    y = jax.nn.relu(_convolve(block["reduce"], x, 1))
    y = jax.nn.relu(_convolve(block["spatial"], y, stride))
    y = _convolve(block["expand"], y, 1)
    kept = _convolve(block["shortcut"], x, stride) if "shortcut" in block else x
    return jax.nn.relu(y + kept)
