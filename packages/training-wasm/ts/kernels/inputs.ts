// The inputs of every kernel: each has a dtype that the operation supports, and values of that dtype. The cpu backend
// casts without a copy if nothing is lost, and passes on the values as the first tensor had them: a kernel would read
// int32 values as float32.

import {
  Cast,
  getKernel,
  getKernelsForBackend,
  registerKernel,
  unregisterKernel,
  type DataType,
  type KernelConfig,
  type KernelFunc,
  type TensorInfo,
} from "@tensorflow/tfjs-core";

import { checkDtypesOf } from "./dtypes.ts";

/** A field of the backend that its types do not declare. */
interface BackendInternals {
  readonly dataIdMap: { get(dataId: object): { readonly dtype: DataType } };
  disposeData(dataId: object): boolean;
}

const wrapped = new WeakSet<KernelFunc>();

/** Makes every kernel of the `wasm` backend read its inputs by their dtypes, and reject those that it would misread. */
export function guardInputs(): void {
  for (const config of getKernelsForBackend("wasm")) {
    if (wrapped.has(config.kernelFunc)) continue;
    const kernelFunc = guarded(config);
    wrapped.add(kernelFunc);
    unregisterKernel(config.kernelName, "wasm");
    registerKernel({ ...config, kernelFunc });
  }
}

function guarded({ kernelName, kernelFunc: compute }: KernelConfig): KernelFunc {
  const checkDtypes = checkDtypesOf(kernelName);
  return (parameters) => {
    const { inputs } = parameters;
    checkDtypes(inputs, parameters.attrs);
    const backend = parameters.backend as BackendInternals;
    // Without closures: every operation comes here, and small ones take microseconds.
    for (const name in inputs) if (isShared(backend, inputs[name])) return computeShared(compute, parameters);
    return compute(parameters);
  };
}

/** The dtype as which the values of `x` are stored. */
function storedAs({ dataIdMap }: BackendInternals, { dataId }: TensorInfo): DataType {
  return dataIdMap.get(dataId).dtype;
}

/** Whether the values of `x`, which some operations may lack, are those of a tensor of another dtype. */
function isShared(backend: BackendInternals, x: TensorInfo | null | undefined): boolean {
  return x !== null && x !== undefined && storedAs(backend, x) !== x.dtype;
}

/** Runs `compute` with inputs of their own values: some operations have a list of them. */
function computeShared(compute: KernelFunc, parameters: Parameters<KernelFunc>[0]): ReturnType<KernelFunc> {
  const { inputs } = parameters;
  const backend = parameters.backend as BackendInternals;
  const made: TensorInfo[] = [];
  const own = (x: TensorInfo): TensorInfo => {
    if (!isShared(backend, x)) return x;
    const { kernelFunc } = getKernel(Cast, "wasm");
    const attrs = { dtype: x.dtype };
    const cast = kernelFunc({ inputs: { x: { ...x, dtype: storedAs(backend, x) } }, attrs, backend }) as TensorInfo;
    made.push(cast);
    return cast;
  };
  try {
    const cast = Array.isArray(inputs)
      ? (inputs as TensorInfo[]).map(own)
      : Object.fromEntries(
          Object.entries(inputs as Readonly<Record<string, TensorInfo>>).map(([name, x]) => [name, own(x)]),
        );
    return compute({ ...parameters, inputs: cast as typeof inputs });
  } finally {
    // An output may share an input's values, and then keeps them.
    for (const { dataId } of made) backend.disposeData(dataId);
  }
}
