// Modules of the user: a configuration, and a network. TypeScript runs on every supported Node.js, and the packages of silhouette are
// those of this command, wherever the module is and whatever is installed there.

import { once } from "node:events";
import { createRequire } from "node:module";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";

import { EXIT } from "../outcome/exit-codes.ts";
import { Failed } from "../outcome/failed.ts";
import { loaded } from "../outcome/libraries.ts";

/** Entries of `@silhouette/trainer` that a module shares with the command. */
const TRAINER = ["", "/browser", "/datasets", "/facts", "/predict", "/runs", "/light", "/config", "/step"] as const;

/** Its libraries, which must be the same ones: another copy of TensorFlow.js has other classes of layers. */
const LIBRARIES = ["@tensorflow/tfjs-core", "@tensorflow/tfjs-layers"] as const;

/** What a module is for, in messages. */
export interface Purpose {
  /** The code of an error in the module. */
  readonly code: "CONFIG_BROKEN" | "NETWORK_BROKEN";
  /** What it is, with its article. */
  readonly what: string;
}

/**
 * The default export of a module.
 *
 * @param file absolute path: `.ts`, `.mts`, `.js`, `.mjs`, or `.cjs`
 * @throws {Failed} with the purpose's code if the module does not parse, throws, or has no default export
 */
export async function defaultExport(file: string, purpose: Purpose): Promise<unknown> {
  const { createJiti } = await loaded(import("jiti"));
  const alias = sharedPackages();
  // Without a cache of files: a dry run writes nothing.
  const jiti = createJiti(import.meta.url, {
    alias,
    nativeModules: Object.values(alias),
    fsCache: false,
    interopDefault: false,
  });
  let module: object;
  const allowExit = forbidExit(file, purpose);
  try {
    module = await orIdle(jiti.import<object>(file));
    if ("default" in module) return await orIdle(Promise.resolve(module.default));
  } catch (error) {
    throw brokenModule(error, file, purpose);
  } finally {
    allowExit();
  }
  const names = Object.keys(module);
  throw new Failed({
    code: purpose.code,
    message: `Expected ${shownPath(file)} to export ${purpose.what} by default, but it exports ${names.length === 0 ? "nothing" : `only ${names.join(", ")}`}`,
    hint: "Write export default before it.",
    exitCode: EXIT.input,
    cause: undefined,
  });
}

/** What a module comes to, or an error once nothing is left that it could be waiting for: the process would end without a word. */
async function orIdle<T>(work: Promise<T>): Promise<T> {
  const idle = new AbortController();
  const waiting = once(process, "beforeExit", idle).then(() => {
    throw new Error("it waits for what never happens");
  });
  // The wait ends with the work.
  waiting.catch(() => undefined);
  try {
    return await Promise.race([work, waiting]);
  } finally {
    idle.abort();
  }
}

/**
 * Makes `process.exit` throw what {@link defaultExport} throws: a module that ends the process would end it without a word, and with an
 * exit code of its own.
 *
 * @returns makes it end the process again
 */
export function forbidExit(file: string, { code, what }: Purpose): () => void {
  const exit = process.exit.bind(process);
  process.exit = (exitCode) => {
    const place = userFrame(new Error("process.exit")) ?? file;
    throw new Failed({
      code,
      message: `Expected ${what} from ${shownPath(place)}, but it ended the process: process.exit(${exitCode ?? ""})`,
      hint: "Throw an error instead, which is then reported.",
      exitCode: EXIT.input,
      cause: undefined,
    });
  };
  const allow = (): void => {
    process.exit = exit;
    process.off("uncaughtExceptionMonitor", allow);
  };
  // Node.js itself ends a thread so after an error that nobody catches.
  process.once("uncaughtExceptionMonitor", allow);
  return allow;
}

/** What a module threw, with its file and, if it is known, the line. */
export function brokenModule(error: unknown, file: string, { code, what }: Purpose): Failed {
  if (error instanceof Failed) return error;
  const { reason, place } = described(error, file);
  return new Failed({
    code,
    message: `Expected ${what} from ${place}, but ${reason}`,
    hint: hintFor(error),
    exitCode: EXIT.input,
    // It crosses threads, and may be anything.
    cause: undefined,
  });
}

/** A path relative to the current folder, if it is below it. */
export function shownPath(file: string): string {
  const way = relative("", file);
  return way === "" || way.startsWith("..") ? file : way;
}

/** Matches jiti's error for a file that does not parse. On Windows, its drive comes first. */
const PARSE_ERROR =
  /^ParseError: (?:[A-Za-z]:\\[^:]*: )?(?<reason>.*?)\s*\n\s*(?<file>.+):(?<line>\d+):(?<column>\d+)$/s;

/** Matches a line of a stack trace. Its column is that of the JavaScript which jiti made of the line. */
const FRAME = /^\s*at (?:.*\()?(?<file>.+):(?<line>\d+):\d+\)?$/gm;

function described(error: unknown, file: string): { readonly reason: string; readonly place: string } {
  if (!(error instanceof Error)) return { reason: `it threw ${String(error)}`, place: shownPath(file) };
  const parse = PARSE_ERROR.exec(error.message)?.groups;
  if (parse !== undefined) {
    return {
      reason: `it does not parse: ${parse["reason"]}`,
      place: shownPath(`${parse["file"]}:${parse["line"]}:${parse["column"]}`),
    };
  }
  const [message = ""] = error.message.split("\n");
  return { reason: `it threw ${error.name}: ${message}`, place: shownPath(userFrame(error) ?? file) };
}

/** The innermost place in code of the user where an error was thrown, as `file:line`. */
export function userFrame(error: unknown): string | undefined {
  const stack = error instanceof Error ? (error.stack ?? "") : "";
  for (const { groups: { file = "", line = "" } = {} } of stack.matchAll(FRAME)) {
    const path = file.startsWith("file:") ? fileURLToPath(file) : file;
    if (isOfUser(path)) return `${path}:${line}`;
  }
  return undefined;
}

/** Folders of the command and of the trainer, which have no code of the user. */
const OWN = [import.meta.resolve("@silhouette/trainer/package.json"), new URL("..", import.meta.url).href].map((url) =>
  fileURLToPath(new URL(".", url)),
);

function isOfUser(path: string): boolean {
  return !/^node:|[/\\]node_modules[/\\]/.test(path) && !OWN.some((folder) => path.startsWith(folder));
}

/** Paths of the packages that modules share with the command, by what they import. */
function sharedPackages(): Readonly<Record<string, string>> {
  const entries = TRAINER.map((entry) => `@silhouette/trainer${entry}`);
  const { resolve } = createRequire(fileURLToPath(import.meta.resolve("@silhouette/trainer")));
  return {
    "@silhouette/cli": fileURLToPath(new URL("../index.js", import.meta.url)),
    ...Object.fromEntries(entries.map((name) => [name, fileURLToPath(import.meta.resolve(name))])),
    ...Object.fromEntries(LIBRARIES.map((name) => [name, resolve(name)])),
  };
}

function hintFor(error: unknown): string {
  const isMissing = error instanceof Error && "code" in error && /MODULE_NOT_FOUND/.test(String(error.code));
  if (!isMissing) return "Correct it, and run it again.";
  return error.message.includes("@tensorflow/tfjs")
    ? "Import from @tensorflow/tfjs-core and @tensorflow/tfjs-layers: those of silhouette need no installation."
    : "Install what it imports, or correct the path.";
}
