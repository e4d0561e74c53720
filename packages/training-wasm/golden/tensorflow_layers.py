"""What layers of TensorFlow.js compute, in PyTorch: arrays are [batch, ...sides, channels], weights as tf.layers names them.

Only what differs between the two is written out: padding, transposed convolutions, averages, resizing.
"""

import math

import torch
import torch.nn.functional as F

# Keras' default, which TensorFlow.js shares, for both normalizations.
EPSILON = 1e-3

ACTIVATIONS = {
    "relu": F.relu,
    "relu6": F.relu6,
    "elu": F.elu,
    "selu": F.selu,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "softplus": F.softplus,
    "swish": F.silu,
    "gelu": F.gelu,
    "mish": F.mish,
}


def compute(layer, weights, inputs):
    config, x = layer["config"], inputs[0]
    match layer["kind"]:
        case "conv1d" | "conv2d":
            x = convolution(x, weights["kernel"], **config)
        case "depthwiseConv2d":
            x = convolution(x, weights["depthwise_kernel"], **config, depthwise=True)
        case "separableConv2d":
            x = convolution(x, weights["depthwise_kernel"], **config, depthwise=True)
            x = convolution(x, weights["pointwise_kernel"], (1, 1))
        case "conv2dTranspose":
            x = transposed_convolution(x, weights["kernel"], config)
        case "dense":
            x = x @ weights["kernel"]
        case "embedding":
            x = F.embedding(x.long(), weights["embeddings"])
        case "maxPooling1d" | "maxPooling2d":
            x = max_pooling(x, config)
        case "averagePooling1d" | "averagePooling2d":
            x = average_pooling(x, config)
        case "globalAveragePooling1d" | "globalAveragePooling2d":
            x = x.flatten(1, -2).mean(1)
        case "globalMaxPooling1d" | "globalMaxPooling2d":
            x = x.flatten(1, -2).amax(1)
        case "batchNormalization":
            x = F.batch_norm(first(x), None, None, weights["gamma"], weights["beta"], training=True, eps=EPSILON)
            x = last(x)
        case "layerNormalization":
            x = F.layer_norm(x, x.shape[-1:], weights["gamma"], weights["beta"], eps=EPSILON)
        case "upSampling2d":
            resize = {"nearest": nearest, "bilinear": bilinear}[config["interpolation"]]
            for axis, factor in enumerate(config["size"], 1):
                x = resize(x, axis, factor)
        case "zeroPadding2d":
            (top, bottom), (left, right) = config["padding"]
            x = F.pad(x, (0, 0, left, right, top, bottom))
        case "concatenate":
            x = torch.cat(inputs, -1)
        case "add":
            x = sum(inputs)
        case "flatten":
            x = x.flatten(1)
        case "leakyReLU":
            x = F.leaky_relu(x, config["alpha"])
        case "activation":
            pass
        case kind:
            raise ValueError(f"no layer is called {kind}")
    if "bias" in weights:
        x = x + weights["bias"]
    return ACTIVATIONS[config["activation"]](x) if "activation" in config else x


def first(x):
    """Channels first, and so in memory: one channel permuted is taken for channels last, where PyTorch sums otherwise."""
    return x.movedim(-1, 1).clone(memory_format=torch.contiguous_format)


def last(x):
    return x.movedim(1, -1)


def convolution(x, kernel, strides, padding="valid", dilationRate=None, depthwise=False, **_):
    """kernel is [...window, in, out], a depthwise one [...window, in, multiplier]."""
    *window, channels, _ = kernel.shape
    dilations = dilationRate or (1,) * len(window)
    if depthwise:
        kernel = kernel.movedim((-2, -1), (0, 1)).flatten(0, 1).unsqueeze(1)  # [in * multiplier, 1, ...window]
    else:
        kernel = kernel.movedim((-1, -2), (0, 1))  # [out, in, ...window]
    spans = [(length - 1) * by + 1 for length, by in zip(window, dilations)]
    convolve = F.conv1d if len(window) == 1 else F.conv2d
    x = padded(first(x), spans, strides, padding)
    groups = channels if depthwise else 1
    return last(convolve(x, kernel.contiguous(), stride=strides, dilation=dilations, groups=groups))


def transposed_convolution(x, kernel, config):
    """The gradient of a convolution by its input, of which the padding is cut off. kernel is [height, width, out, in]."""
    strides, is_same = config["strides"], config["padding"] == "same"
    whole = F.conv_transpose2d(first(x), kernel.permute(3, 2, 0, 1).contiguous(), stride=strides)
    for axis, (side, stride, length) in enumerate(zip(x.shape[1:3], strides, kernel.shape), 2):
        overlap = max(length - stride, 0)
        before, side = (overlap // 2, side * stride) if is_same else (0, side * stride + overlap)
        # A window shorter than the stride leaves zeros behind the last one.
        missing = max(before + side - whole.shape[axis], 0)
        whole = F.pad(whole, (0, 0) * (3 - axis) + (0, missing)).narrow(axis, before, side)
    return last(whole)


def max_pooling(x, config):
    window, strides = config["poolSize"], config["strides"]
    pool = F.max_pool1d if len(window) == 1 else F.max_pool2d
    return last(pool(padded(first(x), window, strides, config["padding"], -math.inf), window, strides))


def average_pooling(x, config):
    """Padding does not count."""
    window, strides = config["poolSize"], config["strides"]
    pool = F.avg_pool1d if len(window) == 1 else F.avg_pool2d

    def average(x):
        return pool(padded(x, window, strides, config["padding"]), window, strides)

    x = first(x)
    return last(average(x) / average(torch.ones_like(x)))


def padded(x, spans, strides, padding, value=0.0):
    """x, channels first, as TensorFlow pads it: of an odd number of zeros, one more stands behind."""
    if padding == "valid":
        return x
    amounts = []
    for side, span, stride in zip(x.shape[2:], spans, strides):
        amount = max((math.ceil(side / stride) - 1) * stride + span - side, 0)
        amounts = [amount // 2, amount - amount // 2, *amounts]
    return F.pad(x, amounts, value=value)


def nearest(x, axis, factor):
    return x.repeat_interleave(factor, axis)


def bilinear(x, axis, factor):
    """Without half_pixel_centers, as tf.layers resizes: place i of the result lies at i / factor."""
    places = torch.arange(x.shape[axis] * factor)
    before = places // factor
    behind = (before + 1).clamp(max=x.shape[axis] - 1)
    share = ((places % factor) / factor).to(x.dtype).reshape((-1,) + (1,) * (x.dim() - axis - 1))
    return x.index_select(axis, before) * (1 - share) + x.index_select(axis, behind) * share
