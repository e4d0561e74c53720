// Python environments for the tests and benchmarks, each a virtual environment in the per-user cache. Optional: nothing else
// needs Python.

import { existsSync } from "node:fs";
import { join } from "node:path";

import { cacheDirectory, makeInCache } from "./cache.mjs";
import { ask, run } from "./run.mjs";

/**
 * The requirements of a Python environment.
 *
 * @typedef {object} Requirements
 * @property {string} name of the environment's folder, which includes the versions
 * @property {readonly string[]} packages as pip requirements, with their versions
 * @property {string} test a statement that succeeds if they are installed
 */

/**
 * For the tests that read datasets and runs in Python, as users would.
 *
 * @type {Requirements}
 */
export const READERS = {
  name: "python-pyarrow-26.0.1-tensorboard-2.21.0",
  packages: ["pyarrow==26.0.1", "tensorboard==2.21.0"],
  test: "import pyarrow, tensorboard",
};

/**
 * For the test of the preprocessor's kernels without JavaScript.
 *
 * @type {Requirements}
 */
export const WASMTIME = { name: "python-wasmtime-50.0.1", packages: ["wasmtime==50.0.1"], test: "import wasmtime" };

/**
 * For the tests of exported models and of the package python/: the runtimes of models' formats, and what the package needs and is built
 * with. Keras computes with JAX, the smallest of its backends that has convolutions. Ray is about 250 MB.
 *
 * @type {Requirements}
 */
export const EXPORTS = {
  name: "python-exports-onnxruntime-1.32.0-litert-2.3.0-keras-3.15.1-jax-0.10.2-ray-2.60.0-libvips-8.18.7",
  packages: [
    "onnxruntime==1.32.0",
    "ai-edge-litert==2.3.0",
    "keras==3.15.1",
    "jax==0.10.2",
    "wasmtime==50.0.1",
    "pyvips==3.2.0",
    "pyvips-binary==8.18.7",
    "pyarrow==26.0.1",
    "flatbuffers==25.12.19",
    "fsspec==2026.9.0",
    "ray==2.60.0",
    "numpy==2.4.6",
    "hatchling==1.33.0",
  ],
  // Keras itself asks for TensorFlow when it is imported, unless it is told otherwise.
  test: "import onnxruntime, ai_edge_litert, jax, h5py, wasmtime, pyvips, pyarrow, fsspec, ray, hatchling",
};

/**
 * The benchmarks' peers. On Linux, PyTorch depends on CUDA, which adds about 7 GB.
 *
 * @type {Requirements}
 */
export const PEERS = {
  name: "python-peers-torch-2.15.0-tensorflow-2.21.0-keras-3.15.1-opencv-5.0.0",
  packages: [
    "torch==2.15.0",
    "tensorflow-cpu==2.21.0; platform_system == 'Linux' and platform_machine == 'x86_64'",
    "tensorflow==2.21.0; platform_system != 'Linux' or platform_machine != 'x86_64'",
    "keras==3.15.1",
    "opencv-python-headless==5.0.0.93",
    "numpy==2.4.6",
    "pyarrow==26.0.1",
  ],
  test: "import torch, keras, cv2, pyarrow",
};

/**
 * The environment, if an earlier setup created it.
 *
 * @param {Requirements} requirements
 * @returns {string | undefined} the Python to run
 */
export function madePython({ name }) {
  const python = pythonIn(join(cacheDirectory(), name));
  return existsSync(python) ? python : undefined;
}

/**
 * Finds a Python that has the packages, or creates an environment with them.
 *
 * @param {Requirements} requirements
 * @param {(message: string) => void} report
 * @returns {Promise<string>} the Python to run
 * @throws {Error} naming the command to run if it cannot be created
 */
export async function ensurePython(requirements, report) {
  const { name, packages, test } = requirements;
  const python = await plainPython();
  const command = `pip install ${packages.map((each) => `"${each}"`).join(" ")}`;
  if (python === undefined) throw new Error(`Python 3.10 or later is missing. Install it, then run: ${command}`);
  for (const each of [madePython(requirements), python]) {
    if (each !== undefined && (await ask(each, ["-c", test])) !== undefined) return each;
  }

  const environment = join(cacheDirectory(), name);
  try {
    report(`installing ${packages.map((each) => each.split(";")[0]).join(", ")} for Python`);
    await makeInCache(environment, async (unfinished) => {
      await run(python, ["-m", "venv", unfinished], { capture: true });
      const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
      await run(pythonIn(unfinished), [...pip, ...packages], { capture: true });
    });
    return pythonIn(environment);
  } catch (cause) {
    throw new Error(`Python packages could not be installed. Run: ${command} (${String(cause)})`, { cause });
  }
}

/**
 * Python 3.10 or later.
 *
 * @returns {Promise<string | undefined>}
 */
export async function plainPython() {
  // Windows has a launcher, py; its python3 may only open a shop.
  for (const each of ["python3", "python", "py"]) {
    if ((await ask(each, ["-c", "import sys; assert sys.version_info >= (3, 10)"])) !== undefined) return each;
  }
  return undefined;
}

/** @param {string} environment a virtual environment's folder */
function pythonIn(environment) {
  return process.platform === "win32" ? join(environment, "Scripts", "python.exe") : join(environment, "bin", "python");
}
