// Gradients held to central differences, for tests alone.

import { generator, numbers } from "./numbers.ts";
import { tf } from "./tensorflow.ts";

/** Coordinates of each input at which the difference is taken: all of a small one, others by lot. */
const MOST_COORDINATES = 40;

export interface DifferenceOptions {
  /**
   * How far to go to either side: a power of two, so that `x ± step` is exact for x in steps of 1/256. Of functions
   * that are linear in each number the difference is exact for any step, and a wide one divides the rounding of `f32`.
   */
  readonly step: number;
  /** Largest error, relative to the input's largest gradient. */
  readonly tolerance: number;
  /** Skips the coordinates at which ReLU or a maximum has a kink within the step: slopes before and after differ. */
  readonly skipKinks?: boolean;
  readonly seed?: number;
}

/** What was compared, for tests to say that it was enough. */
export interface Compared {
  readonly coordinates: number;
  readonly kinks: number;
  /** Largest error, relative to the input's largest gradient. */
  readonly error: number;
}

/**
 * Compares the gradients of `Σ w_i f(inputs)_i`, with drawn weights `w`, to differences `(F(x + step) - F(x - step)) /
 * (2 step)`; F is summed in `f64`. Throws where one is off.
 */
export function expectGradients(
  f: (...inputs: tf.Tensor[]) => tf.Tensor,
  inputs: readonly tf.Tensor[],
  { step, tolerance, skipKinks = false, seed = 1 }: DifferenceOptions,
): Compared {
  const next = generator(seed);
  const weights = tf.tidy(() => {
    const { shape } = f(...inputs);
    return tf.tensor(numbers(next, shape), shape);
  });
  const weightValues = weights.dataSync();
  const weighted = (...at: tf.Tensor[]): number =>
    tf.tidy(() =>
      [...f(...at).dataSync()].reduce((sum, value, index) => sum + value * (weightValues[index] ?? NaN), 0),
    );
  const gradients = tf.grads((...at: tf.Tensor[]) => tf.sum(tf.mul(f(...at), weights)))([...inputs]);

  let [coordinates, kinks, largestError] = [0, 0, 0];
  const middle = weighted(...inputs);
  for (const [index, input] of inputs.entries()) {
    const gradient = (gradients[index] ?? tf.scalar(NaN)).dataSync();
    if (gradient.length !== input.size)
      throw new Error(`input ${index} has ${input.size} numbers, its gradient ${gradient.length}`);
    const scale = [...gradient].reduce((most, each) => Math.max(most, Math.abs(each)), 1e-3);
    const values = input.dataSync();
    const moved = (coordinate: number, by: number): number => {
      const changed = Float32Array.from(values);
      changed[coordinate] = (changed[coordinate] ?? NaN) + by;
      return tf.tidy(() => weighted(...inputs.with(index, tf.tensor(changed, input.shape))));
    };
    for (const coordinate of choose(input.size, next)) {
      const [before, after] = [moved(coordinate, -step), moved(coordinate, step)];
      coordinates++;
      if (skipKinks) {
        // Slopes of four pieces: those of the two halves alone can be equal by chance, with a kink in each.
        const points = [before, moved(coordinate, -step / 4), middle, moved(coordinate, step / 4), after];
        const widths = [0.75, 0.25, 0.25, 0.75];
        const slopes = widths.map(
          (width, piece) => ((points[piece + 1] ?? NaN) - (points[piece] ?? NaN)) / (width * step),
        );
        if (Math.max(...slopes) - Math.min(...slopes) > tolerance * scale) {
          kinks++;
          continue;
        }
      }
      const expected = (after - before) / (2 * step);
      const error = Math.abs((gradient[coordinate] ?? NaN) - expected) / scale;
      largestError = Math.max(largestError, error);
      // Written so that NaN fails.
      if (!(error <= tolerance)) {
        throw new Error(
          `number ${coordinate} of input ${index} [${input.shape.join()}] has the gradient ${gradient[coordinate]}, ` +
            `but the difference is ${expected}`,
        );
      }
    }
  }
  tf.dispose([weights, gradients]);
  return { coordinates, kinks, error: largestError };
}

function choose(size: number, next: () => number): readonly number[] {
  if (size <= MOST_COORDINATES) return Array.from({ length: size }, (_, index) => index);
  return Array.from({ length: MOST_COORDINATES }, () => Math.floor(next() * size));
}
