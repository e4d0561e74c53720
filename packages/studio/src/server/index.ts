// Public API of `@silhouette/studio`.

export { serveStudio, type Studio, type StudioOptions } from "./serve-studio.ts";
