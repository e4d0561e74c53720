// The filters of a network's first convolution: what it looks for in a picture.

import type { LoadedModel } from "@silhouette/trainer/browser";

/** Filters of one size. */
export interface Filters {
  /** In pixels. */
  readonly width: number;
  readonly height: number;
  /** `[filters, height, width]`: weights, summed over the channels of the picture. */
  readonly values: readonly Float32Array[];
}

/** The filters; undefined for a network that does not begin with a convolution. */
export function firstFilters(network: LoadedModel["network"]): Filters | undefined {
  const kernel = network.layers.find((layer) => layer.getClassName() === "Conv2D")?.getWeights()[0];
  if (kernel === undefined || kernel.shape.length !== 4) return undefined;
  const [height = 0, width = 0, channels = 0, filters = 0] = kernel.shape;
  // [height, width, channels, filters]
  const weights = kernel.dataSync();
  return {
    width,
    height,
    values: Array.from({ length: filters }, (_, filter) =>
      Float32Array.from({ length: width * height }, (_unused, place) => {
        let sum = 0;
        for (let channel = 0; channel < channels; channel++) {
          sum += weights[(place * channels + channel) * filters + filter] ?? 0;
        }
        return sum;
      }),
    ),
  };
}
