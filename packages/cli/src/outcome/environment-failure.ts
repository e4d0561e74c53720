// Errors that are the machine's and nobody foresaw: a system call that is refused, memory that is not there.

import { EXIT } from "./exit-codes.ts";
import type { Failure } from "./failed.ts";

/** What ends a work for want of room on a disk, or of the right to write. */
const UNWRITABLE: ReadonlySet<string> = new Set(["ENOSPC", "EDQUOT", "EROFS", "EFBIG"]);

/** What to do about a system call that was refused, by its error. */
const REMEDIES: Readonly<Record<string, string>> = {
  ENOSPC: "Free some room on the disk, and run it again.",
  EDQUOT: "Free some room in your quota, and run it again.",
  EROFS: "Choose a folder that can be written to.",
  EFBIG: "Choose a folder whose file system allows larger files, or raise the limit (ulimit -f).",
  EACCES: "Give yourself the permission, or choose another folder.",
  EPERM: "Give yourself the permission, or choose another folder.",
  EMFILE: "Close other programs, or raise the limit of open files (ulimit -n), and run it again.",
  ENFILE: "Close other programs, and run it again.",
  ENOMEM: "Close other programs, or raise the limit of memory (ulimit -v), and run it again.",
  EAGAIN: "Close other programs, or raise the limit of processes (ulimit -u), and run it again.",
};

const NO_TEMPORARY_FOLDER = "Set TMPDIR to a folder that exists and can be written to.";

/** What engines say where memory cannot be had, for buffers and for WebAssembly. */
const NO_MEMORY = /out of memory|could not allocate memory|array buffer allocation failed|cannot allocate/i;

/** What to do about a system call that was refused; undefined if that is not known, or `error` is none. */
export function remedyOf(error: unknown): string | undefined {
  return error instanceof Error ? REMEDIES[(error as NodeJS.ErrnoException).code ?? ""] : undefined;
}

/** The failure that `error`, or what led to it, is; undefined if it is none of the machine's. */
export function environmentFailure(error: unknown): Failure | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, syscall, path } = error as NodeJS.ErrnoException;
  // The heap of a training's thread, which has a limit of its own.
  const isHeapFull = code === "ERR_WORKER_OUT_OF_MEMORY";
  if (code === "OUT_OF_MEMORY" || isHeapFull || (error instanceof RangeError && NO_MEMORY.test(error.message))) {
    return {
      code: "OUT_OF_MEMORY",
      message:
        code === "OUT_OF_MEMORY"
          ? error.message
          : `Expected to get memory from the system, but it has none left for this process (${error.message})`,
      hint: isHeapFull
        ? "Raise the limit of JavaScript's heap (NODE_OPTIONS=--max-old-space-size=4096), or work with fewer pictures."
        : "Close other programs, raise the limit of memory (ulimit -v), or work with smaller pictures.",
      exitCode: EXIT.input,
      cause: error,
    };
  }
  // Not by the class: its package may be what cannot be loaded.
  if (code === "UNSUPPORTED_ENGINE" || code === "KERNELS_UNAVAILABLE") {
    return {
      code: "BACKEND_UNAVAILABLE",
      message: error.message,
      hint: "Run silhouette doctor: it says what is missing, and what to do about it.",
      exitCode: EXIT.input,
      cause: error,
    };
  }
  if (code !== undefined && syscall !== undefined) {
    const place = path === undefined ? "" : ` of ${path}`;
    return {
      code: "SYSTEM_ERROR",
      message: `Expected the system to do ${syscall}${place}, but it refused (${code})`,
      hint: (syscall === "mkdtemp" ? NO_TEMPORARY_FOLDER : remedyOf(error)) ?? "Mend that, and run it again.",
      exitCode: UNWRITABLE.has(code) ? EXIT.output : EXIT.input,
      cause: error,
    };
  }
  return environmentFailure(error.cause);
}
