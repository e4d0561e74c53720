// Clipping of gradients by their norm (Pascanu et al. 2013), as set in a run's configuration.

import { mul, type NamedTensorMap } from "@tensorflow/tfjs-core";

/** Keeps the quotient finite: PyTorch's. */
const EPSILON = 1e-6;

/**
 * Scales `gradients` so that the norm of all their values together is at most `clipNorm`, as `clip_grad_norm_` of PyTorch:
 * g ← g · min(1, clipNorm / (‖g‖ + 1e-6)). Disposes of those it replaces.
 */
export function clip(gradients: NamedTensorMap, clipNorm: number): void {
  const scale = clipNorm / (normOf(gradients) + EPSILON);
  if (scale >= 1) return;
  for (const [name, gradient] of Object.entries(gradients)) {
    gradients[name] = mul(gradient, scale);
    gradient.dispose();
  }
}

/** In 64 bits, value by value: the same for any number of threads. */
function normOf(gradients: NamedTensorMap): number {
  let squares = 0;
  for (const gradient of Object.values(gradients)) {
    for (const value of gradient.dataSync<"float32">()) squares += value * value;
  }
  return Math.sqrt(squares);
}
