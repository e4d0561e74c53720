// 3x3 convolutions by Winograd's minimal filtering: the transformed filters that src/winograd needs, and which
// convolutions it computes. Others go to the direct kernels.

import { layoutOf } from "../convolution-words.ts";
import type { TensorData } from "../deferred.ts";
import type { Heap } from "../heap.ts";
import { partsOf, type Kernels } from "../kernels.ts";

/** A forward pass, or an input gradient, which is the convolution of dy with the filter turned by 180 degrees. */
export type Direction = "forward" | "inputGradient";

/** Whether Winograd's method applies to the convolution whose words are at `convolution`. */
export function isWinograd({ functions }: Kernels, convolution: number): boolean {
  return functions.winograd_fits(convolution) === 1;
}

/** Lends the transformed filter of a convolution, with the number of its parts. It is kept if it is used again. */
export function withTransformedFilter(
  kernels: Kernels,
  heap: Heap,
  convolution: number,
  direction: Direction,
  filter: TensorData,
  run: (parts: number, workspaceBytes: number, transformed: number) => void,
): void {
  const { functions } = kernels;
  const turned = direction === "forward" ? 0 : 1;
  const filterAt = filter.memoryOffset;
  const bytes = functions.winograd_filter_bytes(convolution, turned);
  const transform = (transformed: number): void => {
    const blocks = functions.winograd_filter_parts(convolution, turned);
    kernels.run("winograd_filter", partsOf(blocks), 0, convolution, turned, filterAt, transformed);
  };
  heap.forms.lend([filter], `winograd ${layoutOf(heap, convolution)} ${direction}`, bytes, transform, (transformed) => {
    run(functions.winograd_parts(convolution, turned), functions.winograd_workspace(convolution, turned), transformed);
  });
}
