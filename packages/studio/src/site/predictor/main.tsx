// A predictor: draws the page, in place of what it says while it is not complete.

import { render } from "preact";

import { PredictorPage } from "./predictor-page.tsx";
import "@silhouette/report/views.css";
import "../page/studio.css";
import "./predictor.css";

const place = document.querySelector("#predictor");
if (place !== null) {
  place.replaceChildren();
  render(<PredictorPage title={document.title} />, place);
}
