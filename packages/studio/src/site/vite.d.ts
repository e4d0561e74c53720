// What Vite adds: style sheets as imports, and the environment.

declare module "*.css";
declare module "@silhouette/report/views.css";

interface ImportMeta {
  /** Set by Vite. */
  readonly env: { readonly PROD: boolean };
}

/** See build/kernel-files.ts. */
declare module "virtual:kernels" {
  /**
   * Fetches kernels, before `startWasm`; what is there is not fetched again.
   *
   * @param set the set. Default: the fastest one that this browser runs
   * @returns the set
   */
  export function loadKernels(set?: "simd128" | "relaxed"): Promise<"simd128" | "relaxed">;
}
