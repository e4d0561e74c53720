// Python with what some work needs of it, each in a virtual environment in the per-user cache. Optional: nothing else needs
// Python.

import { existsSync } from "node:fs";
import { join } from "node:path";

import { cacheDirectory, makeInCache } from "./cache.mjs";
import { ask, run } from "./run.mjs";

/**
 * What a Python is wanted for.
 *
 * @typedef {object} Wanted
 * @property {string} name of the environment's folder, with what tells it from older ones
 * @property {readonly string[]} packages as pip takes them, with their versions
 * @property {string} test a statement that works where they are there
 */

/**
 * For the test that reads a dataset as other people would.
 *
 * @type {Wanted}
 */
export const PYARROW = { name: "python-pyarrow-26.0.1", packages: ["pyarrow==26.0.1"], test: "import pyarrow" };

/**
 * For the test of the preprocessor's kernels without JavaScript.
 *
 * @type {Wanted}
 */
export const WASMTIME = { name: "python-wasmtime-50.0.1", packages: ["wasmtime==50.0.1"], test: "import wasmtime" };

/**
 * The benchmarks' peers. PyTorch comes with CUDA on Linux, which it cannot be loaded without: some 7 GB.
 *
 * @type {Wanted}
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
 * The environment, if an earlier set-up has made it.
 *
 * @param {Wanted} wanted
 * @returns {string | undefined} the Python to run
 */
export function madePython({ name }) {
  const python = pythonIn(join(cacheDirectory(), name));
  return existsSync(python) ? python : undefined;
}

/**
 * Looks for a Python that has the packages; else makes an environment with them.
 *
 * @param {Wanted} wanted
 * @param {(message: string) => void} report
 * @returns {Promise<string>} the Python to run
 * @throws {Error} naming the command to run, where it cannot be had
 */
export async function ensurePython(wanted, report) {
  const { name, packages, test } = wanted;
  const python = await plainPython();
  const command = `pip install ${packages.map((each) => `"${each}"`).join(" ")}`;
  if (python === undefined) throw new Error(`Python 3.10 or later is missing. Install it, then run: ${command}`);
  for (const each of [madePython(wanted), python]) {
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
  for (const each of ["python3", "python"]) {
    if ((await ask(each, ["-c", "import sys; assert sys.version_info >= (3, 10)"])) !== undefined) return each;
  }
  return undefined;
}

/** @param {string} environment a virtual environment's folder */
function pythonIn(environment) {
  return process.platform === "win32" ? join(environment, "Scripts", "python.exe") : join(environment, "bin", "python");
}
