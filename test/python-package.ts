// The package for Python, installed as its README says, into a folder of its own.

import { join } from "node:path";

import { outputOf, REPOSITORY } from "./programs.ts";

/**
 * Installs the package, without what it depends on.
 *
 * @param python the interpreter, which has what the package depends on
 * @param folder receives the package
 * @returns the environment in which `python` finds it
 */
export async function withPythonPackage(python: string, folder: string): Promise<NodeJS.ProcessEnv> {
  const site = join(folder, "site");
  const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-build-isolation", "--no-deps"];
  await outputOf(python, [...pip, "--target", site, join(REPOSITORY, "python")]);
  return { ...process.env, PYTHONPATH: site };
}
