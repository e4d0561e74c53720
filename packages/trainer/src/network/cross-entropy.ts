// The loss of a classifier, with the gradient for labels of any weight.

import {
  customGrad,
  exp,
  logSumExp,
  mul,
  neg,
  reshape,
  sub,
  sum,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
} from "@tensorflow/tfjs-core";

/** Saves tensors for the backward pass. */
type Save = (tensors: Tensor[]) => void;

/**
 * The cross-entropy of each picture, `[batch]`, in nats: -Σ y log p, with p the softmax of the logits. Its gradient for a logit is
 * p Σy - y. That of `tf.losses.softmaxCrossEntropy` is p - y, which is wrong unless the labels of each picture sum to 1.
 *
 * @param labels y, `[batch, classes]`, constant
 * @param logits `[batch, classes]`
 */
export function crossEntropies(labels: Tensor2D, logits: Tensor2D): Tensor1D {
  return customGrad((...args) => {
    const [given, save] = args as unknown as [Tensor2D, Save];
    const logProbabilities = sub(given, logSumExp(given, 1, true));
    save([logProbabilities]);
    return {
      value: sum<Tensor1D>(neg(mul(logProbabilities, labels)), 1),
      gradFunc: (dy: Tensor1D, [saved]: Tensor[]) => {
        const probabilities = exp(saved as Tensor);
        return mul(reshape(dy, [-1, 1]), sub(mul(probabilities, sum(labels, 1, true)), labels));
      },
    };
  })(logits);
}
