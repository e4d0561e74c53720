// The native part of @tensorflow/tfjs-node: TensorFlow's libraries, and the addon that connects them to Node.js.
//
// npm only installs its JavaScript. Its own download is tried first; if that fails, TensorFlow's libraries are taken from the
// wheel on PyPI, and the addon, two C++ files of the npm package, is compiled against them. This needs a compiler, Python with
// pip, and the Node-API headers, which are in npm's node-api-headers. One addon works with all versions of Node.js. The result
// is kept in the per-user cache and linked into node_modules.

import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";

import { cacheDirectory, makeInCache } from "./cache.mjs";
import { plainPython } from "./python.mjs";
import { ask, run } from "./run.mjs";

const TENSORFLOW = "2.21.0";

/** The wheel whose libraries are used, whatever Python is installed. */
const WHEEL = {
  requirement: `tensorflow-cpu==${TENSORFLOW} --hash=sha256:2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c`,
  tags: ["--platform=manylinux_2_27_x86_64", "--python-version=3.11", "--implementation=cp", "--abi=cp311"],
};

/** Timeout of the download. */
const DOWNLOAD_LIMIT_MS = 120_000;

/**
 * Prints the version of the native library if everything works. tfjs-node calls a function that Node.js 23 removed from
 * `util`; like packages/trainer, this script restores it first.
 */
const TRIAL = `
  require("util").isNullOrUndefined ??= (value) => value === null || value === undefined;
  process.env.TF_CPP_MIN_LOG_LEVEL = "3";
  const tf = require("@tensorflow/tfjs-node");
  if (tf.add(1, 2).dataSync()[0] !== 3) process.exit(1);
  console.log("TensorFlow " + tf.backend().binding.TF_Version);`;

/** Folders of the native part in the npm package. */
const FOLDERS = ["deps", "lib"];

/**
 * @param {string} root of the clone
 * @param {(message: string) => void} report called before each step that takes long
 * @returns {Promise<string>} the version and where it was found
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
      `tfjs-node: the download failed; building it with TensorFlow ${TENSORFLOW} from PyPI, which takes about a minute`,
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

/** Runs its install script, which `npm ci --ignore-scripts` did not; on failure, nothing of the download is left. */
async function download(/** @type {string} */ root, /** @type {string} */ npmPackage) {
  await removeFolders(npmPackage);
  // The script temporarily rewrites this file.
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
 * Creates `made` with `deps/lib` and `lib/napi-v8`, where the npm package expects them.
 *
 * @param {string} root
 * @param {string} npmPackage
 * @param {string} made
 */
async function build(root, npmPackage, made) {
  const header = /** @type {{ header: { glibcVersionRuntime?: string } }} */ (process.report.getReport()).header;
  if (process.platform !== "linux" || process.arch !== "x64" || header.glibcVersionRuntime === undefined) {
    throw new Error(
      `tfjs-node has no download for this platform, and can only be built on Linux x64 with glibc, but this is ${process.platform} ` +
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
    // The names that linkers look for.
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

/** Unpacks the libraries of a wheel, and its headers, which are some 10,000 files. */
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
 * @param {string} folder to download to
 * @returns {Promise<string>} the wheel, whose checksum pip has verified
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
      `TensorFlow ${TENSORFLOW} could not be downloaded from PyPI with ${python} -m pip (${messageOf(cause)})`,
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

/** The message of an error of `run`, with the end of the program's output. @param {unknown} error */
function messageOf(error) {
  const { message, output = "" } = /** @type {Error & { output?: string }} */ (error);
  return [message, ...output.trim().split("\n").slice(-2)].join("; ");
}
