// A Vite plugin: the kernels of `@silhouette/training-wasm` as files. That package has them in its code as base64, which every host
// can load; as files they are a smaller download, and a browser fetches only the set that it runs.
//
//   virtual:kernels                     loadKernels(set): fetches a set, before `startWasm`; or a given module in its place
//   training-wasm/wasm/binaries.js      replaced: what that module has

import type { Plugin } from "vite";

/** A binary in `wasm/binaries.js`. */
interface Binary {
  readonly flagAt: number;
  readonly maximumAt: number;
  bytes(): Uint8Array;
}

type Name = "simd128" | "relaxed" | "tensorflow";

const NAMES: readonly Name[] = ["simd128", "relaxed", "tensorflow"];

/** The module to replace. */
const BINARIES = /\/training-wasm\/wasm\/binaries\.js$/;

/** The module that fetches. */
const KERNELS = "virtual:kernels";
const RESOLVED = `\0${KERNELS}`;

/** The binaries of the package. */
export async function kernelBinaries(): Promise<Readonly<Record<Name, Binary>>> {
  const path = import.meta
    .resolve("@silhouette/training-wasm/package.json")
    .replace("package.json", "wasm/binaries.js");
  return (await import(path)) as Readonly<Record<Name, Binary>>;
}

/**
 * Replaces base64 by files in builds; a development server has all of it in the code.
 *
 * @param module path of a module with the exports of `virtual:kernels`, which has kernels from elsewhere. Default: they are fetched
 */
export function kernelFiles(module?: string): Plugin {
  let isBuild = false;
  return {
    name: "kernel-files",
    configResolved({ command }) {
      isBuild = command === "build";
    },
    resolveId(id) {
      return id === KERNELS ? (module ?? RESOLVED) : null;
    },
    async load(id) {
      if (id === RESOLVED) return isBuild ? fetching((name) => this.emitFile(name)) : CHOOSING;
      if (!isBuild || !BINARIES.test(id)) return null;
      const binaries = await kernelBinaries();
      const exports = NAMES.map((name) => {
        const { flagAt, maximumAt } = binaries[name];
        return `export const ${name} = { flagAt: ${flagAt}, maximumAt: ${maximumAt}, bytes: () => fetched("${name}") };`;
      });
      return [`import { fetched } from "${KERNELS}";`, ...exports].join("\n");
    },
  };

  /** Fetches sets as they are asked for. */
  async function fetching(
    emit: (file: { type: "asset"; name: string; source: Uint8Array }) => string,
  ): Promise<string> {
    const binaries = await kernelBinaries();
    const files = NAMES.map((name) => {
      const file = emit({ type: "asset", name: `training.${name}.wasm`, source: binaries[name].bytes() });
      return `${name}: import.meta.ROLLUP_FILE_URL_${file}`;
    });
    return `
      ${CHOOSING_SET}
      const FILES = { ${files.join(", ")} };
      const kept = new Map();

      async function load(name) {
        if (kept.has(name)) return;
        const response = await fetch(FILES[name]);
        if (!response.ok) throw new Error("Expected kernels at " + FILES[name] + ", but the server answered " + response.status);
        kept.set(name, new Uint8Array(await response.arrayBuffer()));
      }

      /** What has been fetched: a new copy. Nothing of what has not. */
      export const fetched = (name) => kept.get(name)?.slice() ?? new Uint8Array();

      export async function loadKernels(set) {
        const chosen = await chosenSet(set);
        await Promise.all([load(chosen), load("tensorflow")]);
        return chosen;
      }
    `;
  }
}

/** Which set to run: the faster one where the engine has it. */
const CHOOSING_SET = `
  import { relaxedSimd } from "wasm-feature-detect";
  const chosenSet = async (set) => set ?? ((await relaxedSimd()) ? "relaxed" : "simd128");
`;

const CHOOSING = `${CHOOSING_SET}\nexport const loadKernels = chosenSet;`;
