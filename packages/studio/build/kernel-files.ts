// A Vite plugin: the kernels of `@silhouette/training-wasm` as files. That package has them in its code as base64, which every host
// can load; as files, a browser compiles them from a smaller download, and fetches only the set that it runs.

import type { Plugin } from "vite";

/** A binary in `wasm/binaries.js`. */
interface Binary {
  readonly flagAt: number;
  readonly maximumAt: number;
  bytes(): Uint8Array;
}

/** The module to replace. */
const BINARIES = /\/training-wasm\/wasm\/binaries\.js$/;

/** Replaces the module by one that fetches the files. Modules that import it run once they are there. */
export function kernelFiles(): Plugin {
  return {
    name: "kernel-files",
    apply: "build",
    async load(id) {
      if (!BINARIES.test(id)) return null;
      const binaries = (await import(id)) as Readonly<Record<"simd128" | "relaxed" | "tensorflow", Binary>>;
      const url = (name: keyof typeof binaries): string =>
        `import.meta.ROLLUP_FILE_URL_${this.emitFile({
          type: "asset",
          name: `training.${name}.wasm`,
          source: binaries[name].bytes(),
        })}`;
      const exported = (name: keyof typeof binaries, bytes: string): string => {
        const { flagAt, maximumAt } = binaries[name];
        return `export const ${name} = { flagAt: ${flagAt}, maximumAt: ${maximumAt}, bytes: () => ${bytes}.slice() };`;
      };
      return `
        import { relaxedSimd } from "wasm-feature-detect";

        const fetched = async (url) => {
          const response = await fetch(url);
          if (!response.ok) throw new Error("Expected the kernels at " + url + ", but the server answered " + response.status);
          return new Uint8Array(await response.arrayBuffer());
        };
        const isRelaxed = await relaxedSimd();
        const [kernels, backend] = await Promise.all([
          fetched(isRelaxed ? ${url("relaxed")} : ${url("simd128")}),
          fetched(${url("tensorflow")}),
        ]);
        const none = new Uint8Array();
        ${exported("simd128", "(isRelaxed ? none : kernels)")}
        ${exported("relaxed", "(isRelaxed ? kernels : none)")}
        ${exported("tensorflow", "backend")}
      `;
    },
  };
}
