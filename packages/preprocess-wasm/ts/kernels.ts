// The compiled kernels: those of masks, of JPEG files and of thumbnails, each with and without SIMD, from which source, and their functions.
// Compiled once per process.
//
// ./init.ts, ./inline.ts, ./jpeg-kernels.ts and ./thumbnail-kernels.ts know where the package's own binaries are; this file does not.

import { checkBinary, checkChoice, checkKernelSource, describedCause, readOptions } from "./check.ts";
import { PreprocessError } from "./errors.ts";
import type { KernelSource } from "./kernel-source.ts";

/** `simd128` needs an engine with WebAssembly SIMD; both give the same bytes. */
export type InstructionSet = "simd128" | "scalar";

/** Options for `init`. */
export interface InitOptions {
  /**
   * A binary to use instead of the package's own: the content of `@silhouette/preprocess-wasm/simd128.wasm` or
   * `/scalar.wasm`, for hosts that lose the file or forbid compilation. May be a promise.
   */
  readonly module?: KernelSource | PromiseLike<KernelSource>;
  /** Which kernels to initialize. Default: those of `module`, else `simd128` if it is supported, else `scalar`. */
  readonly instructionSet?: InstructionSet;
}

/**
 * What all binaries have. `src/abi` documents each function. Every number is an unsigned 32-bit word unless noted otherwise; addresses
 * are offsets into `memory`.
 */
export interface AnyKernels {
  readonly memory: WebAssembly.Memory;
  arena_start(): number;
}

/** The functions of a resize, which two binaries have. */
export interface ResizeKernels extends AnyKernels {
  resize_plan_bytes(filter: number, source: number, target: number): number;
  resize_plan(filter: number, source: number, target: number, plan: number): void;
  workspace_bytes(
    sourceWidth: number,
    sourceHeight: number,
    channels: number,
    targetWidth: number,
    targetHeight: number,
    planes: number,
  ): number;
  resize_rows(job: number, first: number, count: number): void;
  finish_resize(job: number): void;
}

/** The functions of `preprocess.*.wasm`. */
export interface Kernels extends ResizeKernels {
  histogram(levels: number, pixels: number, counts: number): void;
  otsu_threshold(counts: number): number;
  write_mask(levels: number, pixels: number, threshold: number, format: number, inverted: number, mask: number): void;
  unpack_bits(bits: number, pixels: number, mask: number): void;
  multi_otsu_thresholds(counts: number, classes: number, table: number, thresholds: number): void;
  /** Signed. */
  triangle_threshold(counts: number): number;
  /** A double. */
  li_threshold(counts: number): number;
  histogram_16(levels: number, pixels: number, counts: number): void;
  otsu_threshold_16(counts: number): number;
  threshold_mask_16(levels: number, pixels: number, threshold: number, mask: number): void;
  local_workspace_bytes(width: number, height: number, window: number): number;
  /** `offset` is signed. */
  local_mean_mask(
    levels: number,
    width: number,
    height: number,
    window: number,
    offset: number,
    workspace: number,
    mask: number,
  ): void;
  /** `k` is a double. */
  sauvola_mask(
    levels: number,
    width: number,
    height: number,
    window: number,
    k: number,
    workspace: number,
    mask: number,
  ): void;
  warp_workspace_bytes(targetWidth: number): number;
  warp(
    levels: number,
    width: number,
    height: number,
    warping: number,
    targetWidth: number,
    targetHeight: number,
    workspace: number,
    warped: number,
  ): void;
}

/** The functions of `jpeg.*.wasm`. */
export interface JpegKernels extends AnyKernels {
  jpeg_info(file: number, length: number, gray: number, info: number): number;
  jpeg_pixels(file: number, length: number, info: number, workspace: number, pixels: number): number;
}

/** The functions of `thumbnail.*.wasm`. */
export interface ThumbnailKernels extends ResizeKernels {
  jpeg_file_bytes(width: number, height: number): number;
  jpeg_file(levels: number, width: number, height: number, planes: number, quality: number, file: number): number;
}

/** The version whose binaries this code can call: that of package.json and Cargo.toml. */
export const VERSION = "0.1.0";

export const INSTRUCTION_SETS: readonly InstructionSet[] = ["simd128", "scalar"];

/** Custom section of the binaries, with their version and instruction set: see src/lib.rs. */
const IDENTITY_SECTION = "silhouette-preprocess";

/** A module with one function, which returns the vector `i8x16.splat(0)`: valid only with SIMD. */
// prettier-ignore
const SIMD_PROBE = Uint8Array.of(
  0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 5, 1, 0x60, 0, 1, 0x7b, 3, 2, 1, 0, 10, 8, 1, 6, 0, 0x41, 0, 0xfd, 0x0f, 0x0b,
);

/** Binaries of the same functions: which of them have been initialized. */
export class KernelSet {
  /** The entry of the package that they are for. */
  readonly #entry: string;
  /** Stands between version and instruction set in the identity of the binaries: see src/lib.rs. */
  readonly #mark: string;
  /** What to do if a file is lost. */
  readonly #remedy: string;
  readonly #ready = new Map<InstructionSet, WebAssembly.Module>();
  /** The package's own binaries that are being loaded. */
  readonly #loading = new Map<InstructionSet, Promise<void>>();

  constructor({ entry, mark, remedy }: { readonly entry: string; readonly mark: string; readonly remedy: string }) {
    this.#entry = entry;
    this.#mark = mark;
    this.#remedy = remedy;
  }

  /**
   * Initializes kernels, the package's own by default. Concurrent calls share one load; after a failure, the next call
   * tries again.
   *
   * @param ownBinary the binary of an instruction set in this package's entry, or its URL
   * @throws {PreprocessError} `INVALID_ARGUMENT`, `UNSUPPORTED_ENGINE`, `KERNELS_UNAVAILABLE`
   */
  async init(options: InitOptions, ownBinary: (instructionSet: InstructionSet) => URL | BufferSource): Promise<void> {
    const { module, instructionSet: requested } = readOptions(options, "module", "instructionSet");
    checkChoice("instructionSet", requested, [...INSTRUCTION_SETS, undefined]);
    checkEngine();
    if (module !== undefined) {
      await this.#kept(() => module, requested);
      return;
    }
    if (requested === undefined ? this.#ready.size > 0 : this.#ready.has(requested)) return;
    const instructionSet = runnable(requested);
    let load = this.#loading.get(instructionSet);
    if (load === undefined) {
      load = this.#kept(() => ownBinary(instructionSet), instructionSet).finally(() =>
        this.#loading.delete(instructionSet),
      );
      this.#loading.set(instructionSet, load);
    }
    await load;
  }

  /**
   * Initializes kernels synchronously.
   *
   * @throws {PreprocessError} `INVALID_ARGUMENT`, `UNSUPPORTED_ENGINE`, `KERNELS_UNAVAILABLE`
   */
  initSync(module: WebAssembly.Module | BufferSource): void {
    checkEngine();
    try {
      checkBinary("module", module);
      this.#keep(module instanceof WebAssembly.Module ? module : new WebAssembly.Module(module), undefined);
    } catch (cause) {
      throw this.#unavailable(cause);
    }
  }

  /**
   * The kernels that have been initialized: those of `requested`, or the faster ones.
   *
   * @throws {PreprocessError} `NOT_INITIALIZED`, `UNSUPPORTED_ENGINE`
   */
  ready(requested: InstructionSet | undefined): {
    readonly module: WebAssembly.Module;
    readonly instructionSet: InstructionSet;
  } {
    for (const instructionSet of requested === undefined ? INSTRUCTION_SETS : [requested]) {
      const module = this.#ready.get(instructionSet);
      if (module !== undefined) return { module, instructionSet };
    }
    checkEngine();
    const call = requested === undefined ? "init()" : `init({ instructionSet: "${requested}" })`;
    throw new PreprocessError(
      "NOT_INITIALIZED",
      `Expected ${requested ?? "the"} kernels of ${this.#entry} to be initialized, but they are not. First: await ${call}`,
    );
  }

  /** The first module of each instruction set stays: everything in the process shares it. */
  #keep(module: WebAssembly.Module, requested: InstructionSet | undefined): void {
    const [section] = WebAssembly.Module.customSections(module, IDENTITY_SECTION);
    const identity = section === undefined ? "something else" : String.fromCharCode(...new Uint8Array(section));
    const instructionSet = INSTRUCTION_SETS.find((each) => identity === `${VERSION} ${this.#mark}${each}`);
    if (instructionSet === undefined) {
      throw new PreprocessError(
        "KERNELS_UNAVAILABLE",
        `Expected the kernels of ${this.#entry} ${VERSION}, but the module is ${identity}. ` +
          "Use the .wasm file of the installed version.",
      );
    }
    if (requested !== undefined && requested !== instructionSet) {
      throw new PreprocessError(
        "INVALID_ARGUMENT",
        `Expected ${requested} kernels, as instructionSet says, but the module has ${instructionSet} ones. ` +
          "Leave instructionSet out: it is found from the module.",
      );
    }
    if (!this.#ready.has(instructionSet)) this.#ready.set(instructionSet, module);
  }

  async #kept(
    source: () => KernelSource | PromiseLike<KernelSource>,
    requested: InstructionSet | undefined,
  ): Promise<void> {
    try {
      const given = await source();
      checkKernelSource("module", given);
      this.#keep(await moduleOf(given), requested);
    } catch (cause) {
      throw this.#unavailable(cause);
    }
  }

  /** Errors of this package are kept. */
  #unavailable(cause: unknown): PreprocessError {
    if (cause instanceof PreprocessError) return cause;
    return new PreprocessError(
      "KERNELS_UNAVAILABLE",
      `Expected the kernels of ${this.#entry}, but they could not be loaded (${describedCause(cause)}). ` +
        `If the .wasm file is lost, ${this.#remedy}. ` +
        "Otherwise reinstall the package, or in a clone run: npx turbo build",
      { cause },
    );
  }
}

/** The kernels of masks, which are those of the package's main entry. */
export const KERNELS = new KernelSet({
  entry: "@silhouette/preprocess-wasm",
  mark: "",
  remedy: "import from @silhouette/preprocess-wasm/inline",
});

/**
 * Initializes kernels synchronously, for workers that forbid compilation and receive a compiled module, or if nothing
 * may be awaited. A browser's main thread may refuse to compile bytes synchronously: `init` accepts them everywhere.
 * Kernels that are already initialized stay.
 *
 * @param module a binary of this package, compiled or its bytes
 * @throws {PreprocessError} `INVALID_ARGUMENT`, `UNSUPPORTED_ENGINE`, `KERNELS_UNAVAILABLE`
 */
export function initSync(module: WebAssembly.Module | BufferSource): void {
  KERNELS.initSync(module);
}

/**
 * The functions of a new instance with memory of its own: {@link Kernels}, {@link JpegKernels} or {@link ThumbnailKernels}, by the {@link KernelSet} that the
 * module is from, which has verified its identity.
 *
 * @throws {PreprocessError} `OUT_OF_MEMORY`
 */
export function instantiateKernels(module: WebAssembly.Module): WebAssembly.Exports {
  try {
    return new WebAssembly.Instance(module).exports;
  } catch (cause) {
    throw new PreprocessError(
      "OUT_OF_MEMORY",
      `Expected memory for the kernels, but there is none (${String(cause)})`,
      {
        cause,
      },
    );
  }
}

/** The bytes of a binary that is in code. */
export function bytesOfBase64(base64: string): Uint8Array<ArrayBuffer> {
  const characters = atob(base64);
  const bytes = new Uint8Array(characters.length);
  for (let index = 0; index < bytes.length; index++) bytes[index] = characters.charCodeAt(index);
  return bytes;
}

/** @throws {PreprocessError} `UNSUPPORTED_ENGINE` without WebAssembly, as in React Native or `node --jitless` */
function checkEngine(): void {
  if (typeof WebAssembly === "object") return;
  throw new PreprocessError(
    "UNSUPPORTED_ENGINE",
    "Expected an engine with WebAssembly, but this one has none. It is missing from React Native, and switched off by " +
      "node --jitless and by browsers' lockdown modes.",
  );
}

/** The requested instruction set, or the fastest that the engine supports. */
function runnable(requested: InstructionSet | undefined): InstructionSet {
  if (requested === "scalar") return requested;
  if (WebAssembly.validate(SIMD_PROBE)) return "simd128";
  if (requested === undefined) return "scalar";
  throw new PreprocessError(
    "UNSUPPORTED_ENGINE",
    'Expected an engine with WebAssembly SIMD for instructionSet "simd128", but this one has none. ' +
      "Leave the option out to let init choose.",
  );
}

async function moduleOf(source: KernelSource): Promise<WebAssembly.Module> {
  // To TypeScript, every object is a Module, even a view of shared memory.
  if (ArrayBuffer.isView(source) || source instanceof ArrayBuffer) return WebAssembly.compile(source as BufferSource);
  if (typeof source === "string" || source instanceof URL) return moduleAt(String(source));
  if (!("arrayBuffer" in source)) return source;
  // Not streamed: hosts differ in the content types that they accept, and streaming gains nothing on so few bytes.
  if (!source.ok) throw new Error(`${source.url}: ${source.status} ${source.statusText}`);
  return moduleOf(await source.arrayBuffer());
}

async function moduleAt(url: string): Promise<WebAssembly.Module> {
  // Node's fetch does not read files, and an import of node:fs would fail in bundlers that target browsers.
  const files = url.startsWith("file:") ? globalThis.process?.getBuiltinModule?.("node:fs") : undefined;
  if (files === undefined) return moduleOf(await fetch(url));
  // Synchronously: another thread would compile no faster, and double the time to answer.
  return new WebAssembly.Module(files.readFileSync(new URL(url)));
}
