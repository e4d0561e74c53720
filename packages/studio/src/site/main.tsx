// The page: starts the worker, and draws the app.

import { render } from "preact";

import { App } from "./page/app.tsx";
import "@silhouette/report/views.css";
import "./page/studio.css";

const place = document.querySelector("#studio");
if (place !== null) {
  place.replaceChildren();
  render(<App />, place);
}
