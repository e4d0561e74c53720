#!/usr/bin/env node
// Loads the command, which may not be built, or may not be allowed to open enough files.

try {
  await import("../dist/main.js");
} catch (error) {
  const next =
    error.code === "EMFILE" || error.code === "ENFILE"
      ? "Raise the limit of open files (ulimit -n), or close other programs, and run it again."
      : "In a clone run: npm run setup; elsewhere install it again.";
  process.stderr.write(`Error: Expected to load silhouette, but that failed: ${error.message} [LIBRARY_UNAVAILABLE]\n`);
  process.stderr.write(`${next}\n`);
  process.exitCode = 3;
}
