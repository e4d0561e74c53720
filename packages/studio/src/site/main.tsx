// The page: starts the worker, and draws the app.

import { render } from "preact";

import { App } from "./page/app.tsx";
import { nextTask } from "./page/next-task.ts";
import "@silhouette/report/views.css";
import "./page/studio.css";

// Once the page is there, so that it does not wait for what it may need later. Without it, the page works as long as it is online.
if (import.meta.env.PROD && "serviceWorker" in navigator) {
  addEventListener("load", () => void navigator.serviceWorker.register("./service-worker.js").catch(() => undefined));
}

const place = document.querySelector("#studio");
if (place !== null) {
  await nextTask();
  place.replaceChildren();
  render(<App />, place);
}
