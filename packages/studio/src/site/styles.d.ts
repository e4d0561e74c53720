// Style sheets, which Vite bundles.

declare module "*.css";
declare module "@silhouette/report/views.css";
