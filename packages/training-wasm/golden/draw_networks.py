"""Draws networks for make_networks.py: layers are dealt from shuffled decks, sizes, activations and weights are drawn.

Each way in which a layer computes is one card, so each comes once, in whatever neighbourhood chance gives it.
"""

import itertools
import math

import numpy as np
import torch

from tensorflow_layers import compute

ACTIVATIONS = ("relu", "relu6", "elu", "selu", "sigmoid", "tanh", "softplus", "swish", "gelu", "mish", "leakyReLU")
HEADS = ("flatten", "globalAverage", "globalMax", "pixels")

LARGEST_SIDE = 13
MOST_CHANNELS = 12

# Statistics of fewer numbers have gradients that are 0 but for rounding, or nearly so.
FEWEST_PER_CHANNEL = 8
FEWEST_PER_PLACE = 3


def card(kind, **config):
    return {"kind": kind, "config": config}


def image_deck():
    paddings = ("same", "valid")
    for window, stride, padding in itertools.product(((1, 1), (3, 3), (5, 2)), (1, 2, 3), paddings):
        yield card("conv2d", kernelSize=window, strides=(stride, stride), padding=padding)
    yield card("conv2d", kernelSize=(4, 2), strides=(1, 1), padding="same")
    yield card("conv2d", kernelSize=(3, 3), strides=(1, 2), padding="same")
    yield card("conv2d", kernelSize=(2, 3), strides=(3, 1), padding="valid")
    for multiplier, stride, (window, padding) in itertools.product((1, 2), (1, 2), (((3, 3), "same"), ((5, 2), "valid"))):
        config = {"kernelSize": window, "strides": (stride, stride), "padding": padding, "depthMultiplier": multiplier}
        yield card("depthwiseConv2d", **config)
    yield card("depthwiseConv2d", kernelSize=(4, 2), strides=(1, 1), padding="same", depthMultiplier=1)
    for multiplier, stride, padding in ((1, 1, "same"), (2, 1, "valid"), (1, 2, "valid"), (2, 2, "same")):
        config = {"kernelSize": (3, 3), "strides": (stride, stride), "padding": padding, "depthMultiplier": multiplier}
        yield card("separableConv2d", **config)
    for window, stride, padding in itertools.product(((3, 3), (2, 5)), (1, 2), paddings):
        yield card("conv2dTranspose", kernelSize=window, strides=(stride, stride), padding=padding)
    for kind in ("maxPooling2d", "averagePooling2d"):
        for (window, stride), padding in itertools.product((((3, 2), 1), ((2, 2), 2)), paddings):
            yield card(kind, poolSize=window, strides=(stride, stride), padding=padding)
        yield card(kind, poolSize=(3, 3), strides=(2, 2), padding="same")
        yield card(kind, poolSize=(4, 2), strides=(1, 1), padding="same")
    for interpolation, size in itertools.product(("nearest", "bilinear"), ((2, 2), (3, 2))):
        yield card("upSampling2d", size=size, interpolation=interpolation)
    yield card("zeroPadding2d", padding=((1, 0), (2, 1)))
    yield card("zeroPadding2d", padding=((1, 1), (0, 1)))
    for kind, branch in itertools.product(("add", "concatenate"), ("conv2d", "depthwiseConv2d", "separableConv2d")):
        yield card(kind, branch=branch)


def dilated_image_deck():
    """Without depthwiseConv2d: that of tf.layers takes a dilation and ignores it. separableConv2d heeds it."""
    paddings = ("same", "valid")
    for (window, dilation), padding in itertools.product((((3, 3), 2), ((5, 2), 2), ((3, 3), (1, 2))), paddings):
        dilations = dilation if isinstance(dilation, tuple) else (dilation, dilation)
        yield card("conv2d", kernelSize=window, strides=(1, 1), padding=padding, dilationRate=dilations)
    for multiplier, padding in itertools.product((1, 2), paddings):
        config = {"kernelSize": (3, 3), "strides": (1, 1), "padding": padding, "dilationRate": (2, 2)}
        yield card("separableConv2d", **config, depthMultiplier=multiplier)


def sequence_deck():
    ways = ((3, 1, "same"), (4, 2, "same"), (1, 2, "valid"), (5, 3, "valid"), (2, 1, "valid"), (3, 3, "same"))
    for length, stride, padding in ways:
        yield card("conv1d", kernelSize=(length,), strides=(stride,), padding=padding)
    yield card("maxPooling1d", poolSize=(3,), strides=(2,), padding="same")
    yield card("averagePooling1d", poolSize=(2,), strides=(1,), padding="valid")


def dilated_sequence_deck():
    for length, padding in ((3, "same"), (2, "valid")):
        yield card("conv1d", kernelSize=(length,), strides=(1,), padding=padding, dilationRate=(2,))


def draw_networks(rng):
    table = Table(rng)
    smallest_and_largest = iter([(1, 1), (13, 11)])
    yield from table.deal(
        "images", image_deck(), 7, lambda: next(smallest_and_largest, None) or (between(rng, 3, 13), between(rng, 3, 11))
    )
    yield from table.deal("dilated images", dilated_image_deck(), 5, lambda: (between(rng, 7, 13), between(rng, 7, 11)))
    yield from table.deal("sequences", sequence_deck(), 4, lambda: (between(rng, 9, 24),))
    yield from table.deal("dilated sequences", dilated_sequence_deck(), 4, lambda: (between(rng, 9, 24),))
    yield table.words("words", vocabulary=7, length=9, batch=4)


def between(rng, least, most):
    return int(rng.integers(least, most + 1))


class Table:
    """Where networks are dealt. Activations and heads take turns, so all of them come."""

    def __init__(self, rng):
        self.rng = rng
        self.activations = itertools.cycle(rng.permutation(ACTIVATIONS).tolist())
        self.heads = itertools.cycle(HEADS)

    def deal(self, name, deck, cards, draw_sides):
        """Networks of so many cards, each the deck's next that fits, until all are dealt."""
        left = [*deck]
        self.rng.shuffle(left)
        number = 1
        while left:
            shape = (between(self.rng, 1, 5), *draw_sides(), int(self.rng.choice((1, 2, 3, 5))))
            drawn = Network(f"{name} {number}", self.rng.standard_normal(shape), self.rng, self.activations)
            rest = [*left]
            for _ in range(cards):
                fitting = next((index for index, each in enumerate(rest) if drawn.fits(**each)), None)
                if fitting is None:
                    break
                drawn.play(**rest.pop(fitting))
            drawn.finish(next(self.heads))
            # Of a network that has died, cards would stay untried: they are dealt again.
            if drawn.is_alive():
                left, number = rest, number + 1
                yield drawn

    def words(self, name, vocabulary, length, batch):
        drawn = Network(name, self.rng.integers(0, vocabulary, (batch, length)), self.rng, self.activations)
        drawn.layer("embedding", {"inputDim": vocabulary, "outputDim": 5})
        drawn.play("conv1d", {"kernelSize": (3,), "strides": (1,), "padding": "same"})
        drawn.finish("globalAverage")
        return drawn


class Network:
    """A network that grows. A layer is computed as soon as it is there, so that the next one can see its shape."""

    def __init__(self, name, values, rng, activations):
        self.name, self.rng, self.activations = name, rng, activations
        self.layers, self.loss = [], None
        self.given = {"input": values.astype(np.float32)}
        self.outputs = {"input": torch.tensor(self.given["input"], dtype=torch.float64)}
        self.weights = []
        self.top = "input"

    @property
    def shape(self):
        """Of what the last layer gives: [batch, ...sides, channels]."""
        return self.outputs[self.top].shape

    def fits(self, kind, config):
        _, *sides, channels = self.shape
        match kind:
            case "add":
                return True
            case "concatenate":
                return channels <= MOST_CHANNELS // 2
            case "zeroPadding2d":
                return max(sides) <= LARGEST_SIDE - 3
            case "upSampling2d":
                return all(side * by <= LARGEST_SIDE for side, by in zip(sides, config["size"]))
            case "conv2dTranspose":
                pairs = zip(sides, config["strides"], config["kernelSize"])
                return all(side * stride + length <= LARGEST_SIDE for side, stride, length in pairs)
        if config["padding"] == "same":
            return True
        window = config.get("kernelSize") or config["poolSize"]
        pairs = zip(sides, window, config.get("dilationRate") or (1,) * len(window))
        return all(side > (length - 1) * by for side, length, by in pairs)

    def play(self, kind, config):
        if kind in ("add", "concatenate"):
            trunk, channels = self.top, self.shape[-1]
            filters = channels if kind == "add" else None
            self.convolution(config["branch"], {"kernelSize": (3, 3), "strides": (1, 1), "padding": "same"}, filters)
            self.layer(kind, {}, inputs=[trunk, self.top])
        elif "conv" in kind.lower():
            self.convolution(kind, config)
        else:
            self.layer(kind, config)

    def convolution(self, kind, config, filters=None):
        """And its activation, often with a normalization in between: then without a bias, whose gradient would be 0."""
        if kind != "depthwiseConv2d":
            config = {**config, "filters": filters or int(self.rng.choice((2, 3, 5, 6, 7)))}
        if kind == "conv2d" and "dilationRate" in config:
            # tf.layers fuses other activations' convolution with the bias, and that operation's gradient knows no dilation.
            self.layer(kind, {**config, "activation": str(self.rng.choice(("relu", "elu")))})
            return
        activation = next(self.activations)
        # So that relu6 meets its upper kink, too.
        scale = 4 if activation == "relu6" else 1
        normalization = self.rng.choice(("none", "batchNormalization", "layerNormalization"))
        if normalization == "none" and activation != "leakyReLU":
            self.layer(kind, {**config, "activation": activation}, scale=scale)
            return
        self.layer(kind, {**config, "useBias": bool(normalization == "none")}, scale=scale)
        *places, channels = self.shape
        if normalization == "batchNormalization" and math.prod(places) >= FEWEST_PER_CHANNEL:
            self.layer("batchNormalization", {}, scale=scale)
        elif normalization != "none" and channels >= FEWEST_PER_PLACE:
            self.layer("layerNormalization", {}, scale=scale)
        if activation == "leakyReLU":
            self.layer("leakyReLU", {"alpha": 0.3})
        else:
            self.layer("activation", {"activation": activation})

    def finish(self, head):
        """Logits of classes that exclude each other, or do not, for each example or for each pixel; and labels."""
        exclude = bool(self.rng.integers(2))
        classes = 3 if exclude else 4
        rank = len(self.shape) - 2
        pointwise = {"kernelSize": (1,) * rank, "strides": (1,) * rank, "padding": "same"}
        if head == "pixels":
            self.layer(f"conv{rank}d", {**pointwise, "filters": classes})
        else:
            if head == "globalMax":
                # Of equal maxima, TensorFlow.js gives each one the whole gradient: resized and pooled maps have such.
                self.convolution(f"conv{rank}d", pointwise)
            self.layer("flatten" if head == "flatten" else f"{head}Pooling{rank}d", {})
            self.layer("dense", {"units": classes})
        if exclude:
            labels = np.eye(classes)[self.rng.integers(0, classes, self.shape[:-1])]
        else:
            labels = self.rng.integers(0, 2, self.shape)
        self.loss = "softmaxCrossEntropy" if exclude else "sigmoidCrossEntropy"
        self.given["labels"] = labels.astype(np.float32)

    def is_alive(self):
        """Whether every weight matters: not behind a ReLU without anything positive, or a stride that meets only padding."""
        gradients = torch.autograd.grad(self.outputs[self.top].square().sum(), self.weights)
        return all(each.any() for each in gradients)

    def layer(self, kind, config, inputs=None, scale=1):
        name = f"{kind}_{len(self.layers) + 1}"
        layer = {"name": name, "kind": kind, "config": config, "inputs": inputs or [self.top]}
        weights = self.draw_weights(kind, config, scale)
        self.layers.append(layer)
        self.given |= {f"{name}/{key}": each for key, each in weights.items()}
        values = {key: torch.tensor(each, dtype=torch.float64, requires_grad=True) for key, each in weights.items()}
        self.weights += values.values()
        self.outputs[name] = compute(layer, values, [self.outputs[each] for each in layer["inputs"]])
        self.top = name

    def draw_weights(self, kind, config, scale):
        channels = self.shape[-1]
        window, multiplier = config.get("kernelSize", ()), config.get("depthMultiplier", 1)
        filters = config.get("filters") or config.get("units") or channels * multiplier

        def kernel(*shape, of):
            """of so many numbers each sum is."""
            return scale * 1.5 / math.sqrt(of) * self.rng.standard_normal(shape)

        weights = {}
        match kind:
            case "conv1d" | "conv2d":
                weights["kernel"] = kernel(*window, channels, filters, of=math.prod(window) * channels)
            case "conv2dTranspose":
                numbers = math.prod(window) * channels / math.prod(config["strides"])
                weights["kernel"] = kernel(*window, filters, channels, of=numbers)
            case "depthwiseConv2d":
                weights["depthwise_kernel"] = kernel(*window, channels, multiplier, of=math.prod(window))
            case "separableConv2d":
                weights["depthwise_kernel"] = kernel(*window, channels, multiplier, of=math.prod(window))
                middle = channels * multiplier
                weights["pointwise_kernel"] = kernel(1, 1, middle, filters, of=middle)
            case "dense":
                weights["kernel"] = kernel(channels, filters, of=channels)
            case "embedding":
                weights["embeddings"] = kernel(config["inputDim"], config["outputDim"], of=1)
            case "batchNormalization" | "layerNormalization":
                weights["gamma"] = scale * (1 + 0.3 * self.rng.standard_normal(channels))
                weights["beta"] = scale * 0.3 * self.rng.standard_normal(channels)
        if weights.keys() & {"kernel", "depthwise_kernel"} and config.get("useBias", True):
            weights["bias"] = 0.3 * self.rng.standard_normal(filters)
        return {key: each.astype(np.float32) for key, each in weights.items()}
