// A kernel as it is written here, and as TensorFlow.js registers it.

import { getKernel, type KernelConfig, type KernelFunc, type TensorInfo } from "@tensorflow/tfjs-core";

import type { Heap } from "../heap.ts";

/** A kernel that is not bound to a backend yet. */
export type Kernel = Omit<KernelConfig, "backendName">;

/** What TensorFlow.js calls a kernel with. */
type KernelCall = Parameters<KernelFunc>[0];

/** Computes one tensor, or several. The call is for a stock kernel, which takes it as it is. */
type Run<Input extends string, Attributes> = (
  inputs: Readonly<Record<Input, TensorInfo>>,
  attributes: Attributes,
  call: KernelCall,
) => TensorInfo | TensorInfo[];

/** A kernel of the tensors `Input` and of typed attributes. */
export function kernel<Input extends string, Attributes = object>(
  kernelName: string,
  run: Run<Input, Attributes>,
): Kernel {
  const kernelFunc: KernelFunc = (call) =>
    // TensorFlow.js types all kernels alike; their inputs are those of their operations.
    run(call.inputs as unknown as Record<Input, TensorInfo>, call.attrs as unknown as Attributes, call);
  return { kernelName, kernelFunc };
}

/** Runs the registered kernel, ours or TensorFlow.js', and returns its tensor. */
export function runKernel(
  { backend }: Heap,
  name: string,
  inputs: Readonly<Record<string, TensorInfo>>,
  attributes: object = {},
): TensorInfo {
  const { kernelFunc } = getKernel(name, "wasm");
  return kernelFunc({ inputs: { ...inputs }, attrs: { ...attributes }, backend }) as TensorInfo;
}
