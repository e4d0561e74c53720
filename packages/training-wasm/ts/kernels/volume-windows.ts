// The windows of a convolution or pooling in three dimensions: pairs of an output and an input that it reads.

import type { backend_util } from "@tensorflow/tfjs-core";

/**
 * Calls `visit` for each window and each of its taps that is within the input, windows in order and a window's taps in
 * order. All three numbers count voxels, without channels: `output` and `input` in the whole batch, `tap` in the
 * filter.
 */
export function forEachTap(
  info: backend_util.Conv3DInfo,
  visit: (output: number, input: number, tap: number) => void,
): void {
  const { front, top, left } = info.padInfo;
  let output = 0;
  for (let batch = 0; batch < info.batchSize; batch++) {
    for (let outZ = 0; outZ < info.outDepth; outZ++) {
      for (let outY = 0; outY < info.outHeight; outY++) {
        for (let outX = 0; outX < info.outWidth; outX++, output++) {
          for (let tapZ = 0; tapZ < info.filterDepth; tapZ++) {
            const z = outZ * info.strideDepth - front + tapZ * info.dilationDepth;
            if (z < 0 || z >= info.inDepth) continue;
            for (let tapY = 0; tapY < info.filterHeight; tapY++) {
              const y = outY * info.strideHeight - top + tapY * info.dilationHeight;
              if (y < 0 || y >= info.inHeight) continue;
              for (let tapX = 0; tapX < info.filterWidth; tapX++) {
                const x = outX * info.strideWidth - left + tapX * info.dilationWidth;
                if (x < 0 || x >= info.inWidth) continue;
                const input = ((batch * info.inDepth + z) * info.inHeight + y) * info.inWidth + x;
                visit(output, input, (tapZ * info.filterHeight + tapY) * info.filterWidth + tapX);
              }
            }
          }
        }
      }
    }
  }
}
