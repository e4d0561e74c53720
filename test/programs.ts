// Child processes, run as by a shell: their output, and how they exited.

import { spawn, type ChildProcessByStdio } from "node:child_process";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";

/** The root of the repository. */
export const REPOSITORY = fileURLToPath(new URL("..", import.meta.url));

/** How a program exited, and all its output. */
export interface Ended {
  /** Exit code; null if it was killed by a signal. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where a program runs. */
export interface Surroundings {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Through a shell, which scripts on Windows need. */
  readonly shell?: boolean;
}

/** A running program. */
export interface Running {
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  readonly ended: Promise<Ended>;
}

/** Time limit in milliseconds after which a hanging program is killed, so that it does not outlive the tests. */
const LONGEST_RUN = 240_000;

/** Starts `program` without a terminal and with empty stdin. */
export function start(
  program: string,
  args: readonly string[],
  { cwd, env, shell = false }: Surroundings = {},
): Running {
  const child = spawn(program, args, {
    cwd,
    env,
    shell,
    stdio: ["ignore", "pipe", "pipe"],
    timeout: LONGEST_RUN,
    killSignal: "SIGKILL",
  });
  const written = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (piece: string) => {
      written[name] += piece;
    });
  }
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once("error", reject).once("close", (code, signal) => resolve({ code, signal, ...written }));
  });
  return { child, ended };
}

/** Runs `program` until it exits. */
export async function run(program: string, args: readonly string[], surroundings?: Surroundings): Promise<Ended> {
  return start(program, args, surroundings).ended;
}

/** Runs `program`, which must exit with code 0, and returns its stdout. */
export async function outputOf(program: string, args: readonly string[], surroundings?: Surroundings): Promise<string> {
  const { code, signal, stdout, stderr } = await run(program, args, surroundings);
  if (code !== 0) {
    throw new Error(`${program} ${args.join(" ")} ended with ${String(signal ?? code)}\n${stdout}\n${stderr}`);
  }
  return stdout;
}

/** Runs the npm that runs the tests, or otherwise the one on the PATH. */
export async function npm(cwd: string, ...args: string[]): Promise<string> {
  const script = process.env["npm_execpath"];
  if (script?.endsWith(".js")) return outputOf(process.execPath, [script, ...args], { cwd });
  return outputOf("npm", args, { cwd, shell: process.platform === "win32" });
}

/** Waits until `stream` of a running program has written `wanted`, possibly in pieces; returns everything so far. */
export async function hasWritten(stream: Readable, wanted: string): Promise<string> {
  let soFar = "";
  return new Promise<string>((resolve, reject) => {
    stream.on("data", (piece: string) => {
      soFar += piece;
      if (soFar.includes(wanted)) resolve(soFar);
    });
    stream.once("close", () => reject(new Error(`Expected ${wanted} in the output, but it was only ${soFar}`)));
  });
}
