// The optimizer's kernels for all weights of a network: a step of Adam, and the check of the gradients before it.

import { checkFloats, sizeOf, type Heap } from "../heap.ts";
import { partsOfElements, type Kernels } from "../kernels.ts";
import { kernel, type Kernel } from "./kernel.ts";

/** Name of the kernel: `value`, `m`, `v`, `gradient` ─▶ the next `value`, `m` and `v`. */
export const ADAM = "SilhouetteAdam";

/** Name of the kernel: any tensors ─▶ a bool, whether all of their numbers are finite. */
export const ARE_FINITE = "SilhouetteAreFinite";

/** Attributes of {@link ADAM}: see `src/adam.rs`. */
export interface AdamAttributes {
  readonly beta1: number;
  readonly beta2: number;
  /** α / (1 - β₁ᵗ). */
  readonly rate: number;
  /** 1 / (1 - β₂ᵗ). */
  readonly correction: number;
  readonly epsilon: number;
}

/** The kernel of {@link ADAM}. The results are new tensors: others may share the memory of the inputs. */
export function adam(kernels: Kernels, heap: Heap): Kernel {
  return kernel<"value" | "m" | "v" | "gradient", AdamAttributes>(
    ADAM,
    ({ value, m, v, gradient }, { beta1, beta2, rate, correction, epsilon }) => {
      const given = [value, m, v, gradient];
      checkFloats(ADAM, given);
      const next = [value, m, v].map(({ shape }) => heap.output(shape));
      const [valueAt, mAt, vAt, gradientAt] = given.map((each) => heap.address(each)) as [
        number,
        number,
        number,
        number,
      ];
      const [nextValueAt, nextMAt, nextVAt] = next.map((each) => heap.address(each)) as [number, number, number];
      const size = sizeOf(value);
      const constants = [beta1, beta2, rate, correction, epsilon] as const;
      const addresses = [valueAt, mAt, vAt, gradientAt, nextValueAt, nextMAt, nextVAt] as const;
      kernels.run("adam", partsOfElements(size), 0, size, ...constants, ...addresses);
      return next;
    },
  );
}

/** The kernel of {@link ARE_FINITE}. */
export function areFinite(kernels: Kernels, heap: Heap): Kernel {
  return kernel<string>(ARE_FINITE, (tensors) => {
    const given = Object.values(tensors);
    checkFloats(ARE_FINITE, given);
    const result = heap.output([], "bool");
    const areAll = given.every((x) => {
      const size = sizeOf(x);
      const parts = partsOfElements(size);
      return heap.lend(parts, (finite) => {
        kernels.run("are_finite", parts, 0, size, heap.address(x), finite);
        return new Uint8Array(heap.memory.buffer, finite, parts).every((each) => each === 1);
      });
    });
    new Uint8Array(heap.memory.buffer, heap.address(result), 1)[0] = Number(areAll);
    return result;
  });
}
