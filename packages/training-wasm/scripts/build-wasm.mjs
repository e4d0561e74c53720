// Builds the kernels: src/*.rs ─▶ cargo ─▶ binaryen ─▶ wasm/binaries.js. Standard library only.
//
// There are two sets of kernels, from one source: `simd128`, which rounds identically on every processor, and
// `relaxed`, which rounds a product and its sum once if the processor can. A third binary is that of TensorFlow.js' own
// backend. All of them are in a JavaScript file, as base64, so bundlers, servers and content policies need no support
// for .wasm files.
//
// The kernels import only their memory, which belongs to TensorFlow.js. A data section would overwrite its content, so
// it is removed: it holds the texts of panics, and a panic traps without reading them. The kernels have no constant
// tables; a kernel with one, which the compiler also makes of constant structures, would read other data, so the build
// rejects it. wasm-pack cannot be used: wasm-bindgen does not support modules that import their memory.

import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { run } from "../../../scripts/setup/run.mjs";
import { ensureRust } from "../../../scripts/setup/rust.mjs";

const crate = dirname(dirname(fileURLToPath(import.meta.url)));

/** WebAssembly features of the binaries; engines have supported all but relaxed SIMD since 2022. */
const FEATURES = [
  "bulk-memory",
  "multivalue",
  "mutable-globals",
  "nontrapping-float-to-int",
  "reference-types",
  "relaxed-simd",
  "sign-ext",
  "simd",
];

/** Each set of kernels, with the compiler's target features. */
const KERNEL_SETS = { simd128: "+simd128", relaxed: "+simd128,+relaxed-simd" };

/** Ids of the data section and the data count section. */
const DATA_SECTION = 11;
const DATA_SECTIONS = new Set([DATA_SECTION, 12]);

/** Address of the data: the linker puts it behind a stack of 1 MiB. */
const DATA_ADDRESS = 2 ** 20;

await ensureRust();
const folder = join(crate, "wasm");
mkdirSync(folder, { recursive: true });
/** @type {Record<string, Uint8Array>} */
const binaries = {};
for (const [set, features] of Object.entries(KERNEL_SETS)) binaries[set] = await buildKernels(set, features);
const backend = join("dist", "tfjs-backend-wasm-simd.wasm");
binaries["tensorflow"] = readFileSync(
  fileURLToPath(import.meta.resolve("@tensorflow/tfjs-backend-wasm/package.json").replace("package.json", backend)),
);
const names = Object.keys(binaries);
write(
  "binaries.js",
  `const decoded = (base64) => {
  const characters = atob(base64);
  const bytes = new Uint8Array(characters.length);
  for (let index = 0; index < bytes.length; index++) bytes[index] = characters.charCodeAt(index);
  return bytes;
};
${names
  .map((name) => {
    const binary = binaries[name] ?? new Uint8Array();
    const { flagAt, maximumAt } = memoryLimits(binary);
    const base64 = Buffer.from(binary).toString("base64");
    return `export const ${name} = { flagAt: ${flagAt}, maximumAt: ${maximumAt}, bytes: () => decoded("${base64}") };\n`;
  })
  .join("")}`,
);
write(
  "binaries.d.ts",
  `interface Binary {
  /** Index of the byte that is 3 if the memory is shared, else 1. */
  readonly flagAt: number;
  /** Index of the last byte of the memory's maximum: 4 of 4 GiB, 2 of 2 GiB, 1 of 1 GiB. */
  readonly maximumAt: number;
  /** The binary, a new copy. */
  bytes(): Uint8Array<ArrayBuffer>;
}
${names.map((name) => `export const ${name}: Binary;\n`).join("")}`,
);
const sizes = names.map((name) => `${name} ${binaries[name]?.length} bytes`);
console.log(`wasm/binaries.js: ${sizes.join(", ")}`);

/**
 * @param {string} set
 * @param {string} features
 */
async function buildKernels(set, features) {
  const target = join(crate, "target", set);
  const manifest = join(crate, "Cargo.toml");
  const options = [
    "--quiet",
    "--release",
    "--locked",
    "--target",
    "wasm32-unknown-unknown",
    "--manifest-path",
    manifest,
  ];
  const flags = [
    `-Ctarget-feature=${features}`,
    "-Clink-arg=--import-memory",
    // Explicit, so that it is in the binary: see memoryLimits.
    "-Clink-arg=--max-memory=4294967296",
    // The owner of the memory provides a block for the stack.
    "-Clink-arg=--export=__stack_pointer",
  ];
  await run("cargo", ["build", ...options], {
    env: {
      ...process.env,
      CARGO_TARGET_DIR: target,
      // Cargo prefers this variable to all other sources of flags: no setting of the machine can override ours.
      CARGO_ENCODED_RUSTFLAGS: flags.join("\x1f"),
    },
  });
  const optimized = join(folder, `${set}.${process.pid}.wasm`);
  const binaryen = (/** @type {string} */ tool) =>
    fileURLToPath(import.meta.resolve("binaryen/package.json").replace("package.json", `bin/${tool}`));
  const enabled = FEATURES.map((feature) => `--enable-${feature}`);
  const linked = join(target, "wasm32-unknown-unknown", "release", "silhouette_training.wasm");
  await run(process.execPath, [binaryen("wasm-opt"), "-O3", ...enabled, linked, "-o", optimized]);
  await run(process.execPath, [binaryen("wasm-dis"), ...enabled, optimized, "-o", `${optimized}.txt`]);
  const whole = readFileSync(optimized);
  checkThatDataIsUnread(set, readFileSync(`${optimized}.txt`, "utf8"), dataLength(whole));
  const binary = withoutData(whole);
  for (const file of [optimized, `${optimized}.txt`]) rmSync(file);
  // Node 20 supports relaxed SIMD only behind a flag; without it, the binary is not checked.
  if (set === "relaxed" && !WebAssembly.validate(binary)) return binary;
  const imports = WebAssembly.Module.imports(new WebAssembly.Module(binary)).map(
    ({ module, name }) => `${module}.${name}`,
  );
  if (imports.join() !== "env.memory")
    throw new Error(`Expected the ${set} kernels to import env.memory, but they import ${imports.join(", ")}`);
  return binary;
}

/**
 * @param {string} name
 * @param {string} text
 */
function write(name, text) {
  const temporary = join(folder, `${name}.${process.pid}`);
  writeFileSync(temporary, text);
  renameSync(temporary, join(folder, name));
}

/**
 * The sections of a binary, which begins with a header of eight bytes: a byte with the number, the length in LEB128,
 * and the content.
 *
 * @param {Uint8Array} bytes
 */
function* sectionsOf(bytes) {
  for (let at = 8; at < bytes.length;) {
    const begin = at;
    const section = bytes[at++] ?? 0;
    const { value: length, end: content } = leb128(bytes, at);
    at = content + length;
    yield { section, begin, content, end: at };
  }
}

/**
 * Reads an unsigned number: seven bits per byte, the lowest first.
 *
 * @param {Uint8Array} bytes
 * @param {number} begin
 */
function leb128(bytes, begin) {
  let [value, end] = [0, begin];
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[end++] ?? 0;
    value += (byte & 127) * 2 ** shift;
    if (byte < 128) return { value, end };
  }
}

/** @param {Uint8Array} bytes */
function withoutData(bytes) {
  const kept = [...sectionsOf(bytes)].filter(({ section }) => !DATA_SECTIONS.has(section));
  return Buffer.concat([bytes.subarray(0, 8), ...kept.map(({ begin, end }) => bytes.subarray(begin, end))]);
}

/** @param {Uint8Array} bytes */
function dataLength(bytes) {
  const lengths = [...sectionsOf(bytes)].map(({ section, content, end }) =>
    section === DATA_SECTION ? end - content : 0,
  );
  return Math.max(0, ...lengths);
}

/**
 * Throws if a function reads data, except those that format the text of a panic, and do not return.
 *
 * @param {string} set
 * @param {string} text the module, one instruction per line, operands below and indented
 * @param {number} length
 */
function checkThatDataIsUnread(set, text, length) {
  const isData = (/** @type {string | undefined} */ address) =>
    Number(address) >= DATA_ADDRESS && Number(address) < DATA_ADDRESS + length;
  for (const body of text.split(/^ \(func /m).slice(1)) {
    const isOfPanics = /^  \(unreachable\)\n \)/m.test(body) && !body.includes("(loop ");
    const loads = body.matchAll(/\(\S*load\S*(?: offset=(\d+))?[^\n]*\n\s*\(i32\.(?:const (\d+))?/g);
    for (const [load, offset, address] of loads) {
      if (!isOfPanics && (isData(offset) || isData(address)))
        throw new Error(`Expected ${set} kernels without constant data, but one reads it: ${load.trim()}`);
    }
  }
}

/**
 * Locates the limits of a binary's memory: flags, minimum and maximum pages. A shared memory differs from an unshared
 * one by one byte, so one binary serves both.
 *
 * @param {Uint8Array} bytes
 */
function memoryLimits(bytes) {
  const imported = Buffer.from("\x03env\x06memory\x02", "latin1");
  for (const { section, content, end } of sectionsOf(bytes)) {
    // One import, or one memory: the count is a byte.
    const at = content + 1 + (section === 2 ? imported.length : 0);
    const isMemory = section === 5 || (section === 2 && Buffer.from(bytes).indexOf(imported) === content + 1);
    if (!isMemory) continue;
    const least = leb128(bytes, at + 1);
    const most = leb128(bytes, least.end);
    if (bytes[at] !== 1 || most.value !== 65_536 || most.end !== end) break;
    return { flagAt: at, maximumAt: most.end - 1 };
  }
  throw new Error("Expected one memory of at most 65,536 pages in a binary");
}
