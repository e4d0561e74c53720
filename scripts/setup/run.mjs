// Runs a program and waits for it. Its output goes to the console, or into the result.

import { spawn } from "node:child_process";

/** A program that could not be started, or ended with another code than 0. */
export class RunError extends Error {
  /** @param {string} message @param {string} output what the program printed, where it was captured */
  constructor(message, output) {
    super(message);
    this.name = "RunError";
    this.output = output;
  }
}

/**
 * @param {string} program
 * @param {readonly string[]} args
 * @param {import("node:child_process").SpawnOptions & { capture?: boolean }} [options] `capture`: return what it prints
 * to stdout instead of showing it; what it prints to stderr is shown only in an error
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
    let complaint = "";
    child.stdout?.on("data", (data) => (output += data));
    child.stderr?.on("data", (data) => (complaint += data));
    child.on("error", (error) => reject(new RunError(`${program} could not be started: ${error.message}`, "")));
    child.on("close", (code, signal) => {
      if (code === 0) resolve(output);
      else
        reject(new RunError(`${program} ${args.join(" ")} ended with ${signal ?? `code ${code}`}`, output + complaint));
    });
  });
}

/**
 * What a program prints, or undefined where it is missing or fails.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {import("node:child_process").SpawnOptions} [options]
 */
export async function ask(program, args, options = {}) {
  return run(program, args, { ...options, capture: true }).catch(() => undefined);
}
