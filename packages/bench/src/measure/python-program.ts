// Peers in Python.

/** Exit code of a process whose library is not installed: as in the programs of peers/. */
export const NOT_INSTALLED = 3;

/** The Python that has the peers' libraries. */
export function pythonProgram(): string {
  return process.env["SILHOUETTE_PYTHON"] ?? (process.platform === "win32" ? "python" : "python3");
}
