// A kernel as it is written here, and as TensorFlow.js wants it registered.

import { getKernel, type KernelConfig, type KernelFunc, type TensorInfo } from "@tensorflow/tfjs-core";

import type { Heap } from "../heap.ts";

/** A kernel that is not bound to a backend's name yet. */
export type Kernel = Omit<KernelConfig, "backendName">;

/** Computes one tensor, or several. */
type Run<Input extends string, Attributes> = (
  inputs: Readonly<Record<Input, TensorInfo>>,
  attributes: Attributes,
) => TensorInfo | TensorInfo[];

/** A kernel of the tensors `Input` and of typed attributes. */
export function kernel<Input extends string, Attributes = object>(
  kernelName: string,
  run: Run<Input, Attributes>,
): Kernel {
  const kernelFunc: KernelFunc = ({ inputs, attrs }) =>
    // TensorFlow.js types all kernels alike; what one is given stands in its operation.
    run(inputs as unknown as Record<Input, TensorInfo>, attrs as unknown as Attributes);
  return { kernelName, kernelFunc };
}

/** Runs the kernel that is registered, ours or TensorFlow.js', and gives its tensor. */
export function runKernel(
  { backend }: Heap,
  name: string,
  inputs: Readonly<Record<string, TensorInfo>>,
  attributes: object = {},
): TensorInfo {
  const { kernelFunc } = getKernel(name, "wasm");
  return kernelFunc({ inputs: { ...inputs }, attrs: { ...attributes }, backend }) as TensorInfo;
}
