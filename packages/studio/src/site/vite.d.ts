// What Vite adds: style sheets as imports, and the environment.

declare module "*.css";
declare module "@silhouette/report/views.css";

interface ImportMeta {
  /** Set by Vite. */
  readonly env: { readonly PROD: boolean };
}
