// Runs the kernels of the package's main entry: lays out the memory of a call, copies in, computes, copies out. Arguments are checked
// before, by ./preprocessor.ts.

import { Arena, type Address } from "./arena.ts";
import type { Kernels } from "./kernels.ts";
import type { MaskStyle } from "./mask-style.ts";
import type { Size } from "./picture.ts";
import { ResizeRunner } from "./resize-runner.ts";

const NOTHING = new Uint8Array(0);

/** All kernels of the main entry, of one filter, with WebAssembly memory of their own. */
export class KernelRunner extends ResizeRunner<Kernels> {
  /** Writes the mask of 0 and 1 that `call` computes of `levels`, in the style `style`. */
  writeMask(
    levels: Uint8Array | Uint16Array,
    mask: Uint8Array,
    style: MaskStyle,
    call: (kernels: Kernels, source: Address, marked: Address, workspace: Address) => void,
    workspaceBytes: (kernels: Kernels) => number = () => 0,
  ): void {
    const pixels = levels.length;
    const markedBytes = Math.ceil(pixels / 16) * 16;
    this.map(
      rawBytesOf(levels),
      mask,
      (kernels, source, target, marked) => {
        call(kernels, source, marked, marked + markedBytes);
        kernels.write_mask(marked, pixels, 0, style.format, style.inverted, target);
      },
      (kernels) => markedBytes + workspaceBytes(kernels),
    );
  }

  /** A number that one kernel computes of a histogram. */
  measure(counts: Uint32Array, call: (kernels: Kernels, source: Address) => number): number {
    let measured = 0;
    this.map(rawBytesOf(counts), NOTHING, (kernels, source) => (measured = call(kernels, source)));
    return measured;
  }

  /** Runs one kernel from `input` to `output`, with the workspace that it needs. */
  map(
    input: Uint8Array,
    output: Uint8Array,
    call: (kernels: Kernels, source: Address, target: Address, workspace: Address) => void,
    workspaceBytes: (kernels: Kernels) => number = () => 0,
  ): void {
    this.compute((kernels) => {
      const arena = new Arena(kernels);
      const source = arena.reserve(input.length);
      const target = arena.reserve(output.length);
      const workspace = arena.reserve(workspaceBytes(kernels));
      const memory = arena.commit();
      memory.set(input, source);
      call(kernels, source, target, workspace);
      output.set(memory.subarray(target, target + output.length));
    });
  }

  /** Writes what `warping` makes of `levels`, of size `source`, to `warped`, of size `target`. */
  warp(levels: Uint8Array, source: Size, warping: Uint8Array, target: Size, warped: Uint8Array): void {
    this.compute((kernels) => {
      const arena = new Arena(kernels);
      const how = arena.reserve(warping.length);
      const input = arena.reserve(levels.length);
      const output = arena.reserve(warped.length);
      const workspace = arena.reserve(kernels.warp_workspace_bytes(target.width) >>> 0);
      const memory = arena.commit();
      memory.set(warping, how);
      memory.set(levels, input);
      kernels.warp(input, source.width, source.height, how, target.width, target.height, workspace, output);
      warped.set(memory.subarray(output, output + warped.length));
    });
  }
}

/** The bytes of an array. */
export function rawBytesOf({ buffer, byteOffset, byteLength }: Uint8Array | Uint16Array | Uint32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
