// Population statistics of BatchNorm layers, computed instead of averaged during training.
//
// Keras' moving averages with momentum 0.99 need hundreds of steps to forget their initial values. With a few dozen steps per
// epoch, the first evaluations would see mostly initial values, and classify every picture as the same class. So they are
// computed before each evaluation, over pictures of the training split: "precise batch norm" (Y. Wu and J. Johnson, "Rethinking
// 'Batch' in BatchNorm", 2021).

import { tensor1d, tidy, type Tensor4D, type Variable } from "@tensorflow/tfjs-core";

import type { ReportStatistics } from "./batch-norm.ts";
import type { Layer } from "./layer-tree.ts";

/** Sums over batches for each channel of a layer. */
interface Sums {
  count: number;
  /** Σ values. */
  readonly first: Float64Array;
  /** Σ values². */
  readonly second: Float64Array;
}

/**
 * Accumulates statistics: {@link PopulationStatistics.add} batches, then {@link PopulationStatistics.apply}. Every batch
 * is normalized with its own statistics, as in training. With n_b values per channel, mean μ_b and variance σ²_b,
 *
 *     μ = Σ n_b μ_b / Σ n_b,  σ² = Σ n_b (σ²_b + μ_b²) / Σ n_b - μ²
 */
export class PopulationStatistics {
  readonly #pass: (pictures: Tensor4D, report: ReportStatistics) => void;
  readonly #sums = new Map<Layer, Sums>();

  /** @param pass runs the network on pictures, and reports the input statistics of each BatchNorm layer */
  constructor(pass: (pictures: Tensor4D, report: ReportStatistics) => void) {
    this.#pass = pass;
  }

  /** Adds a batch `[batch, height, width, 1]`. */
  add(pictures: Tensor4D): void {
    tidy(() => {
      const add = (layer: Layer, means: Float32Array, variances: Float32Array, count: number): void => {
        const zeros = (): Float64Array => new Float64Array(means.length);
        const sums = this.#sums.get(layer) ?? { count: 0, first: zeros(), second: zeros() };
        this.#sums.set(layer, sums);
        sums.count += count;
        for (const [channel, mean] of means.entries()) {
          sums.first[channel] = (sums.first[channel] ?? 0) + count * mean;
          sums.second[channel] = (sums.second[channel] ?? 0) + count * ((variances[channel] ?? 0) + mean * mean);
        }
      };
      this.#pass(pictures, (layer, { mean, variance, count }) =>
        add(layer, mean.dataSync<"float32">(), variance.dataSync<"float32">(), count),
      );
    });
  }

  /** Sets the moving mean and variance of every BatchNorm layer that has seen a batch. */
  apply(): void {
    for (const [layer, { count, first, second }] of this.#sums) {
      const means = first.map((sum) => sum / count);
      const variances = second.map((sum, channel) => Math.max(0, sum / count - (means[channel] ?? 0) ** 2));
      // They come after scale and offset, if the layer has these.
      const [movingMean, movingVariance] = layer.weights.slice(-2).map((weight) => weight.read() as Variable);
      tidy(() => {
        movingMean?.assign(tensor1d(Float32Array.from(means)));
        movingVariance?.assign(tensor1d(Float32Array.from(variances)));
      });
    }
  }
}
