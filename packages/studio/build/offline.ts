// A Vite plugin: the service worker with the list of the files that it keeps.

import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import type { Plugin } from "vite";

import { TEMPLATE } from "../src/predictor/template.ts";

const SOURCE = fileURLToPath(new URL("../src/service-worker/service-worker.js", import.meta.url));

/** Folder of the files that are copied as they are. */
const PUBLIC = fileURLToPath(new URL("../public", import.meta.url));

/** Adds `service-worker.js`. */
export function offline(): Plugin {
  return {
    name: "offline",
    apply: "build",
    enforce: "post",
    generateBundle(_options, bundle) {
      const copied = readdirSync(PUBLIC, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map(({ parentPath, name }) => `${parentPath}/${name}`.replaceAll("\\", "/").slice(PUBLIC.length + 1));
      const files = ["./", ...[...Object.keys(bundle), ...copied].filter((name) => name !== "index.html").toSorted()];
      const version = createHash("sha256");
      for (const name of copied.toSorted()) version.update(readFileSync(`${PUBLIC}/${name}`));
      // The names of bundled files have their content in them, but for the page and the template of predictors.
      version.update(JSON.stringify(files));
      for (const name of ["index.html", TEMPLATE]) {
        const file = bundle[name];
        if (file?.type === "asset") version.update(file.source);
      }
      const constants = `const VERSION = "${version.digest("hex").slice(0, 16)}";\nconst FILES = ${JSON.stringify(files)};\n`;
      this.emitFile({
        type: "asset",
        fileName: "service-worker.js",
        source: `${constants}\n${readFileSync(SOURCE, "utf8")}`,
      });
    },
  };
}
