// Unexpected errors of the machine: refused system calls, and a lack of memory.

import { EXIT } from "./exit-codes.ts";
import type { Failure } from "./failed.ts";

/** Errors for lack of disk space, or of permission to write. */
const UNWRITABLE: ReadonlySet<string> = new Set(["ENOSPC", "EDQUOT", "EROFS", "EFBIG"]);

/** What to do about a refused system call, by its error code. */
const REMEDIES: Readonly<Record<string, string>> = {
  ENOSPC: "Free some disk space, and run it again.",
  EDQUOT: "Free some of your disk quota, and run it again.",
  EROFS: "Choose a writable folder.",
  EFBIG: "Choose a folder whose file system allows larger files, or raise the limit (ulimit -f).",
  EACCES: "Grant yourself permission, or choose another folder.",
  EPERM: "Grant yourself permission, or choose another folder.",
  EMFILE: "Close other programs, or raise the limit on open files (ulimit -n), and run it again.",
  ENFILE: "Close other programs, and run it again.",
  ENOMEM: "Close other programs, or raise the memory limit (ulimit -v), and run it again.",
  EAGAIN: "Close other programs, or raise the limit on processes (ulimit -u), and run it again.",
};

const NO_TEMPORARY_FOLDER = "Set TMPDIR to an existing, writable folder.";

/** Messages of engines that cannot allocate memory, for buffers and for WebAssembly. */
const NO_MEMORY = /out of memory|could not allocate memory|array buffer allocation failed|cannot allocate/i;

/** What to do about a refused system call; undefined if that is unknown, or `error` is something else. */
export function remedyOf(error: unknown): string | undefined {
  return error instanceof Error ? REMEDIES[(error as NodeJS.ErrnoException).code ?? ""] : undefined;
}

/** `error`, or its cause, as a failure of the machine; undefined if it is none. */
export function environmentFailure(error: unknown): Failure | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, syscall, path } = error as NodeJS.ErrnoException;
  // The heap of the training thread, which has its own limit.
  const isHeapFull = code === "ERR_WORKER_OUT_OF_MEMORY";
  if (code === "OUT_OF_MEMORY" || isHeapFull || (error instanceof RangeError && NO_MEMORY.test(error.message))) {
    return {
      code: "OUT_OF_MEMORY",
      message:
        code === "OUT_OF_MEMORY"
          ? error.message
          : `Expected the system to provide memory, but it has none left for this process (${error.message})`,
      hint: isHeapFull
        ? "Raise the JavaScript heap limit (NODE_OPTIONS=--max-old-space-size=4096), or use fewer pictures."
        : "Close other programs, raise the memory limit (ulimit -v), or use smaller pictures.",
      exitCode: EXIT.input,
      cause: error,
    };
  }
  // Not by class: its package may be the one that cannot be loaded.
  if (code === "UNSUPPORTED_ENGINE" || code === "KERNELS_UNAVAILABLE") {
    return {
      code: "BACKEND_UNAVAILABLE",
      message: error.message,
      hint: "Run silhouette doctor: it reports what is missing and how to fix it.",
      exitCode: EXIT.input,
      cause: error,
    };
  }
  if (code !== undefined && syscall !== undefined) {
    const place = path === undefined ? "" : ` of ${path}`;
    return {
      code: "SYSTEM_ERROR",
      message: `Expected ${syscall}${place} to succeed, but the system refused it (${code})`,
      hint: (syscall === "mkdtemp" ? NO_TEMPORARY_FOLDER : remedyOf(error)) ?? "Fix that, and run it again.",
      exitCode: UNWRITABLE.has(code) ? EXIT.output : EXIT.input,
      cause: error,
    };
  }
  return environmentFailure(error.cause);
}
