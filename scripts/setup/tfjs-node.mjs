// The native part of @tensorflow/tfjs-node: TensorFlow's libraries, and the addon between them and Node.js.
//
// npm brings its JavaScript alone. Its own download is tried first; where that does not come, TensorFlow's libraries are
// taken from the wheel on PyPI, and the addon, two C++ files of the npm package, is compiled against them: it needs a
// compiler, Python with pip, and the headers of Node-API, which npm's node-api-headers has. One addon serves all versions of
// Node.js. What was made is kept in the per-user cache, and linked into node_modules.

import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";

import { cacheDirectory, makeInCache } from "./cache.mjs";
import { plainPython } from "./python.mjs";
import { ask, run } from "./run.mjs";

const TENSORFLOW = "2.21.0";

/** The one wheel whose libraries are used, whatever Python is there. */
const WHEEL = {
  requirement: `tensorflow-cpu==${TENSORFLOW} --hash=sha256:2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c`,
  tags: ["--platform=manylinux_2_27_x86_64", "--python-version=3.11", "--implementation=cp", "--abi=cp311"],
};

/** A download that has not come in this time will not come. */
const DOWNLOAD_LIMIT_MS = 120_000;

/**
 * Prints the version of the native library, if all of it works. It calls a function that Node.js 23 took out of `util`;
 * packages/trainer puts that back where it loads it, and so does this.
 */
const TRIAL = `
  require("util").isNullOrUndefined ??= (value) => value === null || value === undefined;
  process.env.TF_CPP_MIN_LOG_LEVEL = "3";
  const tf = require("@tensorflow/tfjs-node");
  if (tf.add(1, 2).dataSync()[0] !== 3) process.exit(1);
  console.log("TensorFlow " + tf.backend().binding.TF_Version);`;

/** What the npm package keeps its native part in. */
const FOLDERS = ["deps", "lib"];

/**
 * @param {string} root of the clone
 * @param {(message: string) => void} report told about each step that takes long
 * @returns {Promise<string>} what is there
 * @throws {Error} naming what is missing
 */
export async function ensureTfjsNode(root, report) {
  const npmPackage = join(root, "node_modules", "@tensorflow", "tfjs-node");
  const version = async () => (await ask(process.execPath, ["--eval", TRIAL], { cwd: root }))?.trim();
  const found = await version();
  if (found !== undefined) return found;

  const { version: tfjsNode } = JSON.parse(await readFile(join(npmPackage, "package.json"), "utf8"));
  const made = join(
    cacheDirectory(),
    `tfjs-node-${tfjsNode}-tensorflow-${TENSORFLOW}-${process.platform}-${process.arch}`,
  );
  if (!existsSync(made)) {
    report(`tfjs-node ${tfjsNode}: trying its own download`);
    await download(root, npmPackage);
    const downloaded = await version();
    if (downloaded !== undefined) return downloaded;
    report(
      `tfjs-node: no download from here; building it with TensorFlow ${TENSORFLOW} from PyPI, which takes about a minute`,
    );
    await build(root, npmPackage, made);
  }
  await removeFolders(npmPackage);
  for (const folder of FOLDERS) {
    await symlink(join(made, folder), join(npmPackage, folder), process.platform === "win32" ? "junction" : "dir");
  }
  const linked = await version();
  if (linked === undefined)
    throw new Error(`tfjs-node does not load. Delete ${made}, then run: npm run setup -- --backend node`);
  return `${linked} in ${made}`;
}

/** Its install script, which `npm ci --ignore-scripts` left out; a failure leaves nothing of it. */
async function download(/** @type {string} */ root, /** @type {string} */ npmPackage) {
  await removeFolders(npmPackage);
  // It rewrites this file for a while.
  const manifest = join(npmPackage, "package.json");
  const before = await readFile(manifest);
  const PATH = [join(root, "node_modules", ".bin"), process.env.PATH ?? ""].join(delimiter);
  const options = { cwd: npmPackage, env: { ...process.env, PATH }, timeout: DOWNLOAD_LIMIT_MS };
  const output = await ask(process.execPath, [join("scripts", "install.js")], options);
  await writeFile(manifest, before);
  if (output === undefined) await removeFolders(npmPackage);
}

async function removeFolders(/** @type {string} */ npmPackage) {
  for (const folder of FOLDERS) await rm(join(npmPackage, folder), { recursive: true, force: true });
}

/**
 * Makes `made` with `deps/lib` and `lib/napi-v8`, as the npm package looks for them.
 *
 * @param {string} root
 * @param {string} npmPackage
 * @param {string} made
 */
async function build(root, npmPackage, made) {
  const header = /** @type {{ header: { glibcVersionRuntime?: string } }} */ (process.report.getReport()).header;
  if (process.platform !== "linux" || process.arch !== "x64" || header.glibcVersionRuntime === undefined) {
    throw new Error(
      `tfjs-node has no download for here, and can be built on Linux x64 with glibc only, but this is ${process.platform} ` +
        `${process.arch}. Use --backend wasm`,
    );
  }
  const python = await plainPython();
  if (python === undefined || (await ask(python, ["-m", "pip", "--version"])) === undefined) {
    throw new Error(
      "tfjs-node needs Python 3.10 or later with pip to fetch TensorFlow. Install it (on Debian: apt-get install python3-pip)",
    );
  }
  const compiler = await compilerHere();
  await makeInCache(made, async (unfinished) => {
    const work = join(unfinished, "work");
    await mkdir(work);
    const wheel = await fetchWheel(python, work);
    const libraries = join(unfinished, "deps", "lib");
    const addon = join(unfinished, "lib", "napi-v8");
    for (const folder of [libraries, addon]) await mkdir(folder, { recursive: true });
    await run(python, ["-c", UNPACK, wheel, libraries, join(work, "include")], { capture: true });
    // Under the names that linkers look for.
    await symlink("libtensorflow_cc.so.2", join(libraries, "libtensorflow.so"));
    await symlink("libtensorflow_framework.so.2", join(libraries, "libtensorflow_framework.so"));
    const sources = ["tfjs_backend.cc", "tfjs_binding.cc"].map((name) => join(npmPackage, "binding", name));
    const includes = [
      join(npmPackage, ".."),
      join(work, "include"),
      join(root, "node_modules", "node-api-headers", "include"),
    ];
    await run(
      compiler,
      [
        "-shared",
        "-fPIC",
        "-O2",
        "-std=c++17",
        "-DNAPI_VERSION=8",
        ...includes.map((folder) => `-I${folder}`),
        ...sources,
        "-o",
        join(addon, "tfjs_binding.node"),
        `-L${libraries}`,
        "-ltensorflow",
        "-ltensorflow_framework",
        "-Wl,-rpath,$ORIGIN/../../deps/lib",
      ],
      { capture: true },
    ).catch((/** @type {unknown} */ cause) => {
      throw new Error(`tfjs-node's addon could not be compiled (${messageOf(cause)})`, { cause });
    });
    await rm(work, { recursive: true });
  });
}

/** Takes a wheel's libraries and headers out, the latter some 10,000 files. */
const UNPACK = `
import os, shutil, sys, zipfile
wheel, libraries, include = sys.argv[1:]
with zipfile.ZipFile(wheel) as archive:
    for name in archive.namelist():
        folder, base = os.path.split(name)
        if folder == "tensorflow" and base.startswith("libtensorflow"):
            target = os.path.join(libraries, base)
        elif name.startswith("tensorflow/include/") and base:
            target = os.path.join(include, os.path.relpath(name, "tensorflow/include"))
        else:
            continue
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with archive.open(name) as source, open(target, "wb") as file:
            shutil.copyfileobj(source, file)
`;

/**
 * @param {string} python
 * @param {string} folder for it
 * @returns {Promise<string>} the wheel; pip has compared its checksum
 */
async function fetchWheel(python, folder) {
  const requirements = join(folder, "requirements.txt");
  await writeFile(requirements, `${WHEEL.requirement}\n`);
  const pip = ["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:"];
  const downloads = join(folder, "wheel");
  try {
    await run(python, [...pip, ...WHEEL.tags, "--require-hashes", "-r", requirements, "-d", downloads], {
      capture: true,
    });
  } catch (cause) {
    throw new Error(
      `TensorFlow ${TENSORFLOW} could not be fetched from PyPI by: ${python} -m pip (${messageOf(cause)})`,
      { cause },
    );
  }
  const [name = ""] = await readdir(downloads);
  return join(downloads, name);
}

/** @throws {Error} naming what to install */
async function compilerHere() {
  for (const each of [process.env.CXX, "c++", "g++", "clang++"]) {
    if (each !== undefined && (await ask(each, ["--version"])) !== undefined) return each;
  }
  throw new Error("tfjs-node needs a C++ compiler. Install one, such as g++ or clang (on Debian: apt-get install g++)");
}

/** @param {unknown} error of `run`, with what the program complained about */
function messageOf(error) {
  const { message, output = "" } = /** @type {Error & { output?: string }} */ (error);
  return [message, ...output.trim().split("\n").slice(-2)].join("; ");
}
