// Python with pyarrow, for the one test that reads a dataset as other people would. Optional: nothing else needs it.

import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";

import { cacheDirectory } from "./cache.mjs";
import { ask, run } from "./run.mjs";

const PYARROW = "26.0.1";

/**
 * Looks for a Python that has pyarrow; else makes a virtual environment with it in the per-user cache.
 *
 * @param {(message: string) => void} report
 * @returns {Promise<string | undefined>} the Python to run; undefined, and reported, where there is none
 */
export async function findPythonWithPyarrow(report) {
  const python = await firstThat(
    ["python3", "python"],
    async (each) => (await ask(each, ["-c", "import sys; assert sys.version_info >= (3, 10)"])) !== undefined,
  );
  if (python === undefined) {
    report("no Python 3.10 or later: the test that reads a dataset with pyarrow is skipped");
    return undefined;
  }
  const environment = join(cacheDirectory(), `python-pyarrow-${PYARROW}`);
  const inEnvironment = pythonIn(environment);
  const found = await firstThat(
    [...(existsSync(inEnvironment) ? [inEnvironment] : []), python],
    async (each) => (await ask(each, ["-c", "import pyarrow"])) !== undefined,
  );
  if (found !== undefined) return found;

  const unfinished = `${environment}.${process.pid}`;
  try {
    report(`installing pyarrow ${PYARROW}`);
    await mkdir(cacheDirectory(), { recursive: true });
    await run(python, ["-m", "venv", unfinished], { capture: true });
    await run(
      pythonIn(unfinished),
      ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", `pyarrow==${PYARROW}`],
      {
        capture: true,
      },
    );
    await rm(environment, { recursive: true, force: true });
    await rename(unfinished, environment);
    return inEnvironment;
  } catch (error) {
    report(
      `pyarrow could not be installed, so the test that reads a dataset with it is skipped. To have it, run: pip install pyarrow==${PYARROW} (${String(error)})`,
    );
    return undefined;
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

/** @param {string} environment a virtual environment's folder */
function pythonIn(environment) {
  return process.platform === "win32" ? join(environment, "Scripts", "python.exe") : join(environment, "bin", "python");
}

/**
 * @template T
 * @param {readonly T[]} candidates
 * @param {(candidate: T) => Promise<boolean>} isRight
 */
async function firstThat(candidates, isRight) {
  for (const candidate of candidates) if (await isRight(candidate)) return candidate;
  return undefined;
}
