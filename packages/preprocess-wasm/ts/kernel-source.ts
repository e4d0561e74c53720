// What the kernels can be loaded from: a type of its own, which both the checks and the loader know.

/** A binary of this package: compiled, its bytes, a response with them, or its URL. */
export type KernelSource = WebAssembly.Module | BufferSource | Response | URL | string;
