// A block of a Transformer's encoder (Vaswani et al. 2017), with the normalization before each part (Xiong et al. 2020),
// that classifies sequences of tokens.

import { div, matMul, reshape, softmax, tidy, transpose, type Tensor } from "@tensorflow/tfjs-core";
import { input, layers, model, type LayersModel, type SymbolicTensor } from "@tensorflow/tfjs-layers";

import { apply, UNDRAWN } from "./symbolic.ts";

const HEADS = 4;

/** Units of the hidden layer, relative to those of a token. */
const EXPANSION = 4;

/** From `tokens` x `units` to probabilities of `classes`. */
export function transformerBlock(tokens: number, units: number, classes: number): LayersModel {
  const sequence = input({ shape: [tokens, units] });
  const normal = apply(layers.layerNormalization(), sequence);
  const [queries, keys, values] = [dense(normal, units), dense(normal, units), dense(normal, units)];
  const attention = apply(new SelfAttention({}), [queries, keys, values]);
  const attended = apply(layers.add(), [sequence, dense(attention, units)]);
  const hidden = dense(apply(layers.layerNormalization(), attended), EXPANSION * units, "gelu");
  const encoded = apply(layers.add(), [attended, dense(hidden, units)]);
  const means = apply(layers.globalAveragePooling1d({}), apply(layers.layerNormalization(), encoded));
  return model({ inputs: sequence, outputs: dense(means, classes, "softmax") });
}

function dense(x: SymbolicTensor, units: number, activation?: "gelu" | "softmax"): SymbolicTensor {
  return apply(layers.dense({ ...UNDRAWN, units, ...(activation && { activation }) }), x);
}

/** What each token takes from all others: softmax(queries keysᵀ / √depth) values, for each head; all [batch, tokens, units]. */
class SelfAttention extends layers.Layer {
  static readonly className = "SelfAttention";

  override computeOutputShape(inputs: (number | null)[][]): (number | null)[] {
    return inputs[0] ?? [];
  }

  override call(inputs: Tensor | Tensor[]): Tensor {
    return tidy(() => {
      const [queries, keys, values] = [inputs].flat().map(splitHeads) as [Tensor, Tensor, Tensor];
      const depth = queries.shape.at(-1) ?? 1;
      const weights = softmax(div(matMul(queries, keys, false, true), Math.sqrt(depth)));
      return joinHeads(matMul(weights, values));
    });
  }
}

/** [batch, heads, tokens, depth] of [batch, tokens, units]. */
function splitHeads(x: Tensor): Tensor {
  const [batch = 0, tokens = 0, units = 0] = x.shape;
  return transpose(reshape(x, [batch, tokens, HEADS, units / HEADS]), [0, 2, 1, 3]);
}

/** [batch, tokens, units] of [batch, heads, tokens, depth]. */
function joinHeads(x: Tensor): Tensor {
  const [batch = 0, heads = 0, tokens = 0, depth = 0] = x.shape;
  return reshape(transpose(x, [0, 2, 1, 3]), [batch, tokens, heads * depth]);
}
