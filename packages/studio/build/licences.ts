// A Vite plugin: the licences of what the page and its workers contain, beside them.

import type { Plugin, Rollup } from "vite";

import { bundledLicences } from "../../../scripts/bundled-licences.mjs";

/** The plugin for the page, and the one for its workers, which are bundled before it. */
export function licences(): { readonly page: Plugin; readonly worker: Plugin } {
  const modules = new Set<string>();
  const collect = (bundle: Rollup.OutputBundle): void => {
    for (const chunk of Object.values(bundle)) {
      if (chunk.type === "chunk") for (const path of Object.keys(chunk.modules)) modules.add(path);
    }
  };
  return {
    worker: {
      name: "licences-of-workers",
      apply: "build",
      generateBundle: (_options, bundle) => collect(bundle),
    },
    page: {
      name: "licences",
      apply: "build",
      // After the list of what the page needs offline.
      enforce: "post",
      generateBundle(_options, bundle) {
        collect(bundle);
        this.emitFile({ type: "asset", fileName: "licences.md", source: bundledLicences(modules) });
      },
    },
  };
}
