// Runs a program and waits for it. Its output is shown or returned.

import { spawn } from "node:child_process";

/** A program that could not be started, or that exited with a code other than 0. */
export class RunError extends Error {
  /** @param {string} message @param {string} output the program's output, if it was captured */
  constructor(message, output) {
    super(message);
    this.name = "RunError";
    this.output = output;
  }
}

/**
 * @param {string} program
 * @param {readonly string[]} args
 * @param {import("node:child_process").SpawnOptions & { capture?: boolean }} [options] `capture`: return stdout instead of
 * showing it, and keep stderr for the error
 * @returns {Promise<string>}
 * @throws {RunError}
 */
export function run(program, args, { capture = false, ...options } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      stdio: capture ? ["ignore", "pipe", "pipe"] : ["ignore", "inherit", "inherit"],
      ...options,
    });
    let output = "";
    let errorOutput = "";
    child.stdout?.on("data", (data) => (output += data));
    child.stderr?.on("data", (data) => (errorOutput += data));
    child.on("error", (error) => reject(new RunError(`${program} could not be started: ${error.message}`, "")));
    child.on("close", (code, signal) => {
      if (code === 0) resolve(output);
      else
        reject(
          new RunError(`${program} ${args.join(" ")} exited with ${signal ?? `code ${code}`}`, output + errorOutput),
        );
    });
  });
}

/**
 * The output of a program, or undefined if it is missing or fails.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {import("node:child_process").SpawnOptions} [options]
 */
export async function ask(program, args, options = {}) {
  return run(program, args, { ...options, capture: true }).catch(() => undefined);
}
