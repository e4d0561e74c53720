// Public API of `@silhouette/cli`: the type of a configuration. Loads nothing.

import type { SilhouetteConfig } from "@silhouette/trainer/config";

export type { SilhouetteConfig };

/**
 * Returns the configuration as it is: editors then know its keys and values in `silhouette.config.ts` and `.js`.
 *
 * @example
 * import { defineConfig } from "@silhouette/cli";
 *
 * export default defineConfig({ source: "photos", recipe: { name: "levels", labelSmoothing: 0 }, epochs: 20 });
 */
export function defineConfig(config: SilhouetteConfig): SilhouetteConfig {
  return config;
}
