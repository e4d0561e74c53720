// The compiled kernels: which of the two binaries, whence, and their functions. Compiled once a process.
//
// Nothing here knows where the package keeps its binaries: ./init.ts and ./inline.ts do.

import { checkBinary, checkChoice, checkKernelSource, describedCause, readOptions } from "./check.ts";
import { PreprocessError } from "./errors.ts";
import type { KernelSource } from "./kernel-source.ts";

/** `simd128` where the engine has WebAssembly SIMD; both give the same bytes. */
export type InstructionSet = "simd128" | "scalar";

/** What `init` can be told. */
export interface InitOptions {
  /**
   * A binary to use instead of the package's own: the content of `@silhouette/preprocess-wasm/simd128.wasm` or
   * `/scalar.wasm`, as hosts hand it out that lose the file or forbid compiling bytes. May be a promise.
   */
  readonly module?: KernelSource | PromiseLike<KernelSource>;
  /** Which kernels to make ready. Default: those of `module`, or `simd128` where the engine has it, else `scalar`. */
  readonly instructionSet?: InstructionSet;
}

/**
 * The functions of `src/abi`, which document each. Every number is an unsigned 32-bit
 * word unless said otherwise; addresses are offsets into `memory`.
 */
export interface Kernels {
  readonly memory: WebAssembly.Memory;
  arena_start(): number;
  resize_plan_bytes(filter: number, source: number, target: number): number;
  resize_plan(filter: number, source: number, target: number, plan: number): void;
  workspace_bytes(
    sourceWidth: number,
    sourceHeight: number,
    channels: number,
    targetWidth: number,
    targetHeight: number,
  ): number;
  resize_rows(job: number, first: number, count: number): void;
  finish_resize(job: number): void;
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
}

/** The version whose binaries this code can call: that of package.json and Cargo.toml. */
export const VERSION = "0.1.0";

export const INSTRUCTION_SETS: readonly InstructionSet[] = ["simd128", "scalar"];

/** The binaries' custom section with their version and instruction set, see src/lib.rs. */
const IDENTITY_SECTION = "silhouette-preprocess";

/** A module of one function that returns the vector `i8x16.splat(0)`: valid only where SIMD is. */
// prettier-ignore
const SIMD_PROBE = Uint8Array.of(
  0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 5, 1, 0x60, 0, 1, 0x7b, 3, 2, 1, 0, 10, 8, 1, 6, 0, 0x41, 0, 0xfd, 0x0f, 0x0b,
);

const ready = new Map<InstructionSet, WebAssembly.Module>();
/** The package's own binaries on their way here. */
const loading = new Map<InstructionSet, Promise<void>>();

/**
 * Makes kernels ready, the package's own if `options` bring none. Calls at the same time share one load; a failure is
 * tried again by the next call.
 *
 * @param ownBinary where this package's entry has the binary of an instruction set
 * @throws {PreprocessError} `INVALID_ARGUMENT`, `UNSUPPORTED_ENGINE`, `KERNELS_UNAVAILABLE`
 */
export async function initKernels(
  options: InitOptions,
  ownBinary: (instructionSet: InstructionSet) => URL | BufferSource,
): Promise<void> {
  const { module, instructionSet: requested } = readOptions(options, "module", "instructionSet");
  checkChoice("instructionSet", requested, [...INSTRUCTION_SETS, undefined]);
  checkEngine();
  if (module !== undefined) {
    await kept(() => module, requested);
    return;
  }
  if (requested === undefined ? ready.size > 0 : ready.has(requested)) return;
  const instructionSet = runnable(requested);
  let load = loading.get(instructionSet);
  if (load === undefined) {
    load = kept(() => ownBinary(instructionSet), instructionSet).finally(() => loading.delete(instructionSet));
    loading.set(instructionSet, load);
  }
  await load;
}

/**
 * Makes kernels ready at once, for workers that forbid compiling bytes and get a compiled module, or where nothing may
 * be awaited. Browsers' main threads may refuse bytes: `init` takes them everywhere. Kernels that are ready stay.
 *
 * @param module a binary of this package, compiled or its bytes
 * @throws {PreprocessError} `INVALID_ARGUMENT`, `UNSUPPORTED_ENGINE`, `KERNELS_UNAVAILABLE`
 */
export function initSync(module: WebAssembly.Module | BufferSource): void {
  checkEngine();
  try {
    checkBinary("module", module);
    keep(module instanceof WebAssembly.Module ? module : new WebAssembly.Module(module), undefined);
  } catch (cause) {
    throw unavailable(cause);
  }
}

/**
 * The kernels that {@link initKernels} or {@link initSync} made ready: those of `requested`, or the faster ones.
 *
 * @throws {PreprocessError} `NOT_INITIALIZED`, `UNSUPPORTED_ENGINE`
 */
export function readyKernels(requested: InstructionSet | undefined): {
  readonly module: WebAssembly.Module;
  readonly instructionSet: InstructionSet;
} {
  for (const instructionSet of requested === undefined ? INSTRUCTION_SETS : [requested]) {
    const module = ready.get(instructionSet);
    if (module !== undefined) return { module, instructionSet };
  }
  checkEngine();
  const call = requested === undefined ? "init()" : `init({ instructionSet: "${requested}" })`;
  throw new PreprocessError(
    "NOT_INITIALIZED",
    `Expected ${requested ?? "the"} kernels to be ready, but they are not. First: await ${call}`,
  );
}

/**
 * A new instance with memory of its own.
 *
 * @throws {PreprocessError} `OUT_OF_MEMORY`
 */
export function instantiateKernels(module: WebAssembly.Module): Kernels {
  try {
    // src/abi exports exactly this interface.
    return new WebAssembly.Instance(module).exports as unknown as Kernels;
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

/** @throws {PreprocessError} `UNSUPPORTED_ENGINE` where there is no WebAssembly, as in React Native or `node --jitless` */
function checkEngine(): void {
  if (typeof WebAssembly === "object") return;
  throw new PreprocessError(
    "UNSUPPORTED_ENGINE",
    "Expected an engine with WebAssembly, but this one has none. It is missing from React Native, and switched off by " +
      "node --jitless and by browsers' lockdown modes.",
  );
}

/** What the engine can run of what is requested. */
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

/** The first of its instruction set stays: preprocessors of one process share it. */
function keep(module: WebAssembly.Module, requested: InstructionSet | undefined): void {
  const [section] = WebAssembly.Module.customSections(module, IDENTITY_SECTION);
  const identity = section === undefined ? "something else" : String.fromCharCode(...new Uint8Array(section));
  const instructionSet = INSTRUCTION_SETS.find((each) => identity === `${VERSION} ${each}`);
  if (instructionSet === undefined) {
    throw new PreprocessError(
      "KERNELS_UNAVAILABLE",
      `Expected the kernels of @silhouette/preprocess-wasm ${VERSION}, but the module is ${identity}. ` +
        "Take the .wasm file of the installed version.",
    );
  }
  if (requested !== undefined && requested !== instructionSet) {
    throw new PreprocessError(
      "INVALID_ARGUMENT",
      `Expected ${requested} kernels, as instructionSet says, but the module has ${instructionSet} ones. ` +
        "Leave instructionSet out: it is found from the module.",
    );
  }
  if (!ready.has(instructionSet)) ready.set(instructionSet, module);
}

async function kept(
  source: () => KernelSource | PromiseLike<KernelSource>,
  requested: InstructionSet | undefined,
): Promise<void> {
  try {
    const given = await source();
    checkKernelSource("module", given);
    keep(await moduleOf(given), requested);
  } catch (cause) {
    throw unavailable(cause);
  }
}

async function moduleOf(source: KernelSource): Promise<WebAssembly.Module> {
  // To TypeScript every object is a Module, a view of shared memory too.
  if (ArrayBuffer.isView(source) || source instanceof ArrayBuffer) return WebAssembly.compile(source as BufferSource);
  if (typeof source === "string" || source instanceof URL) return moduleAt(String(source));
  if (!("arrayBuffer" in source)) return source;
  // Not streamed: hosts differ in the content types that they take, and it would gain nothing on so few bytes.
  if (!source.ok) throw new Error(`${source.url}: ${source.status} ${source.statusText}`);
  return moduleOf(await source.arrayBuffer());
}

async function moduleAt(url: string): Promise<WebAssembly.Module> {
  // Node's fetch reads no files. An import of node:fs would end bundlers that build for browsers.
  const files = url.startsWith("file:") ? globalThis.process?.getBuiltinModule?.("node:fs") : undefined;
  if (files === undefined) return moduleOf(await fetch(url));
  // At once: another thread would compile no faster, and take as long again to answer.
  return new WebAssembly.Module(files.readFileSync(new URL(url)));
}

/** Errors of this package stay as they are. */
function unavailable(cause: unknown): PreprocessError {
  if (cause instanceof PreprocessError) return cause;
  return new PreprocessError(
    "KERNELS_UNAVAILABLE",
    `Expected the kernels of @silhouette/preprocess-wasm, but they could not be loaded (${describedCause(cause)}). ` +
      "Where the .wasm file is lost, import from @silhouette/preprocess-wasm/inline. " +
      "Otherwise reinstall the package, or in a clone run: npx turbo build",
    { cause },
  );
}
