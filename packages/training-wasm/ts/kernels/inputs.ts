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

import { checkDtypes } from "./dtypes.ts";

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
  return (parameters) => {
    const { inputs } = parameters;
    checkDtypes(kernelName, inputs, parameters.attrs);
    const backend = parameters.backend as BackendInternals;
    const storedAs = ({ dataId }: TensorInfo): DataType => backend.dataIdMap.get(dataId).dtype;
    // Some operations have a list of inputs, and some may lack one.
    const isShared = (x: TensorInfo | null | undefined): boolean =>
      x !== null && x !== undefined && storedAs(x) !== x.dtype;
    let isAnyShared = false;
    for (const name of Object.keys(inputs)) if (isShared(inputs[name])) isAnyShared = true;
    if (!isAnyShared) return compute(parameters);
    const made: TensorInfo[] = [];
    const own = (x: TensorInfo): TensorInfo => {
      if (!isShared(x)) return x;
      const { kernelFunc } = getKernel(Cast, "wasm");
      const attrs = { dtype: x.dtype };
      const cast = kernelFunc({ inputs: { x: { ...x, dtype: storedAs(x) } }, attrs, backend }) as TensorInfo;
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
  };
}
