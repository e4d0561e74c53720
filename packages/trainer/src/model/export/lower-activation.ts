// Activation functions as plain operations, as TensorFlow.js computes them.

import type { GraphBuilder, Value } from "./graph.ts";

/** Constants of SELU (G. Klambauer et al., "Self-Normalizing Neural Networks", NeurIPS 2017). */
const SELU = { alpha: 1.673_263_242_354_377_2, scale: 1.050_700_987_355_480_5 } as const;

/** The cubic part of the GELU that tanh approximates (D. Hendrycks and K. Gimpel, "Gaussian Error Linear Units", 2016). */
const GELU_CUBIC = 0.044_715;

/**
 * The activation `name` of `input`; undefined if it is unknown.
 *
 * @param name in the configuration of layers, such as `hardSigmoid`
 */
export function lowerActivation(graph: GraphBuilder, name: string, input: Value): Value | undefined {
  switch (name) {
    case "linear":
      return input;
    case "relu":
    case "sigmoid":
    case "tanh":
    case "elu":
    case "gelu":
      return graph.unary(input, name);
    case "relu6":
      return graph.binary(graph.unary(input, "relu"), "minimum", 6);
    case "softmax":
      return graph.add(input, { kind: "softmax" });
    case "logSoftmax":
      return logSoftmax(graph, input);
    case "selu": {
      const below = graph.binary(
        graph.unary(graph.binary(input, "minimum", 0), "elu"),
        "multiply",
        SELU.alpha * SELU.scale,
      );
      return graph.binary(graph.binary(graph.unary(input, "relu"), "multiply", SELU.scale), "add", below);
    }
    case "softplus":
      return softplus(graph, input);
    case "softsign":
      return graph.binary(input, "divide", graph.binary(graph.unary(input, "abs"), "add", 1));
    case "hardSigmoid": {
      const line = graph.binary(graph.binary(input, "multiply", 0.2), "add", 0.5);
      return graph.binary(graph.binary(line, "maximum", 0), "minimum", 1);
    }
    case "swish":
      return graph.binary(input, "multiply", graph.unary(input, "sigmoid"));
    case "mish":
      return graph.binary(input, "multiply", graph.unary(softplus(graph, input), "tanh"));
    case "gelu_new": {
      const square = graph.binary(graph.binary(input, "multiply", input), "multiply", GELU_CUBIC);
      const bent = graph.binary(graph.binary(square, "add", 1), "multiply", input);
      const slope = graph.unary(graph.binary(bent, "multiply", Math.sqrt(2 / Math.PI)), "tanh");
      return graph.binary(graph.binary(graph.binary(slope, "add", 1), "multiply", input), "multiply", 0.5);
    }
    default:
      return undefined;
  }
}

/** log(1 + exp(x)) as max(x, 0) + log(1 + exp(-|x|)), which does not overflow. */
function softplus(graph: GraphBuilder, input: Value): Value {
  const power = graph.unary(graph.binary(graph.unary(input, "abs"), "multiply", -1), "exp");
  return graph.binary(graph.unary(input, "relu"), "add", graph.unary(graph.binary(power, "add", 1), "log"));
}

/** x - max - log(sum(exp(x - max))), over the last axis. */
function logSoftmax(graph: GraphBuilder, input: Value): Value {
  const last = [input.shape.length];
  const shifted = graph.binary(input, "subtract", graph.reduce(input, "max", last, true));
  return graph.binary(
    shifted,
    "subtract",
    graph.unary(graph.reduce(graph.unary(shifted, "exp"), "sum", last, true), "log"),
  );
}
