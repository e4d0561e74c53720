// Augmentation: a random view of each training picture, anew at each step, as set in a run's recipe.
//
// Engines may differ in the last digit of an exponential, and would then no longer train the same weights. Views are therefore drawn
// with the four operations and square roots alone, whose results IEEE 754 defines.

import { nonNegative, record, such, type Shape } from "../values/json-shape.ts";
import type { Generator } from "../values/generator.ts";
import { cosine, sine } from "../values/trigonometry.ts";
import type { Affine, View } from "./view.ts";

/** How much training pictures are changed. */
export interface Augmentation {
  /** Probability that a picture is mirrored, 0 to 1. */
  readonly flip: number;
  /** Largest rotation in degrees, in both directions: 0 to 45. */
  readonly rotation: number;
  /** Largest factor by which a picture is enlarged or reduced: 1 or more. */
  readonly scale: number;
  /** Largest factor by which its aspect ratio changes: 1 or more. */
  readonly aspect: number;
  /** Largest horizontal shear: horizontal shift per vertical distance, in both directions. */
  readonly shear: number;
  /** Largest shift in x and in y, as a share of the picture's side. */
  readonly shift: number;
  /** Largest slope of a ramp of light in x and in y: standard deviations of the gray levels from the centre to the edge. */
  readonly ramp: number;
  /** Probability that a picture becomes darker or lighter by a curve, 0 to 1. */
  readonly curve: number;
  /** Largest factor of {@link View.darkness}: 1 or more. */
  readonly darkness: number;
  /** Largest change of the threshold, in both directions: standard deviations of the gray levels. */
  readonly threshold: number;
}

const probability = such(nonNegative, (value) => value <= 1, "a number from 0 to 1");
const factor = such(nonNegative, (value) => value >= 1, "a number of 1 or more");

/** Shape of its JSON. */
export const augmentationShape: Shape<Augmentation> = record<Augmentation>({
  flip: probability,
  rotation: such(nonNegative, (degrees) => degrees <= 45, "a number from 0 to 45"),
  scale: factor,
  aspect: factor,
  shear: nonNegative,
  shift: nonNegative,
  ramp: nonNegative,
  curve: probability,
  darkness: factor,
  threshold: nonNegative,
});

/** A random view. Draws twelve numbers, whatever they are. */
export function drawView(augmentation: Augmentation, generator: Generator): View {
  const { flip, rotation, scale, aspect, shear, shift, ramp, curve, darkness, threshold } = augmentation;
  const isFlipped = generator.uniform() < flip;
  const within = (limit: number): number => limit * (2 * generator.uniform() - 1);
  const affine = affineOf({
    rotation: within(rotation),
    scale: factorOf(scale, within(1)),
    aspect: factorOf(aspect, within(1)),
    shear: within(shear),
    // A side has a length of 2.
    shift: [within(2 * shift), within(2 * shift)],
    isFlipped,
  });
  const slopes = [within(ramp), within(ramp)] as const;
  const isCurved = generator.uniform() < curve;
  const drawn = factorOf(darkness, within(1));
  return { affine, ramp: slopes, darkness: isCurved ? drawn : 1, threshold: within(threshold) };
}

/** A factor from 1 / `limit` to `limit` for `place` from -1 to 1; the factors of -place and place are reciprocal. */
function factorOf(limit: number, place: number): number {
  const reach = ((limit - 1) / (limit + 1)) * place;
  return (1 + reach) / (1 - reach);
}

interface Placement {
  /** Degrees. */
  readonly rotation: number;
  readonly scale: number;
  readonly aspect: number;
  readonly shear: number;
  readonly shift: readonly [x: number, y: number];
  readonly isFlipped: boolean;
}

function affineOf({ rotation, scale, aspect, shear, shift: [x, y], isFlipped }: Placement): Affine {
  const angle = (rotation / 180) * Math.PI;
  const [sin, cos] = [sine(angle), cosine(angle)];
  const stretch = Math.sqrt(aspect);
  const [width, height] = [(isFlipped ? -1 : 1) * scale * stretch, scale / stretch];
  // Rotation times shear times scale.
  return [cos * width, (cos * shear - sin) * height, x, sin * width, (sin * shear + cos) * height, y];
}
