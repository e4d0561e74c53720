// `virtual:kernels` in a predictor: its page has them, and gives them to its worker.

/** Sets that a predictor has: those that round the same on every machine, and TensorFlow.js' own. */
export type GivenKernels = Readonly<Record<"simd128" | "tensorflow", Uint8Array<ArrayBuffer>>>;

let given: Partial<GivenKernels> = {};

/** Takes kernels, before they are asked for. */
export function giveKernels(kernels: GivenKernels): void {
  given = kernels;
}

/** A set that was given: a new copy. Nothing of any other. */
export function fetched(name: "simd128" | "relaxed" | "tensorflow"): Uint8Array<ArrayBuffer> {
  return (name === "relaxed" ? undefined : given[name]?.slice()) ?? new Uint8Array();
}

/** The only set. */
export async function loadKernels(): Promise<"simd128"> {
  return Promise.resolve("simd128");
}
