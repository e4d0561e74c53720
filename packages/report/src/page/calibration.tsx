// Whether probabilities can be believed: the reliability diagram, its values, and what the temperature says.

import { dot, line, link } from "@observablehq/plot";

import type { CalibrationBin, CalibrationReport } from "../report-data.ts";
import { Chart } from "./chart.tsx";
import { decimal, percent, whole } from "./numbers.ts";
import { Scrolling } from "./section.tsx";

/** In pixels. */
const HEIGHT = 320;

/** A bin with pictures. */
interface Point {
  readonly probability: number;
  readonly accuracy: number;
  readonly pictures: number;
}

/** The diagram beside what it means. */
export function Calibration({ calibration }: { readonly calibration: CalibrationReport }) {
  const points = calibration.bins.flatMap(pointOf);
  return (
    <div class="pair">
      <figure>
        <figcaption>Accuracy by probability; larger dots are more pictures</figcaption>
        <Chart
          label={`Reliability diagram: ${points.map(({ probability: mean, accuracy, pictures }) => `${whole(pictures)} answers of about ${percent(mean, 0)}, ${percent(accuracy, 0)} correct`).join("; ")}`}
          height={HEIGHT}
          options={{
            marginLeft: 48,
            marginBottom: 46,
            x: {
              domain: [0, 1],
              label: "probability of the answer",
              tickFormat: (value: number) => percent(value, 0),
              ticks: 5,
              labelArrow: "none",
            },
            y: {
              domain: [0, 1],
              label: null,
              tickFormat: (value: number) => percent(value, 0),
              ticks: 5,
              grid: true,
              tickSize: 0,
            },
            r: { range: [3, 13] },
            marks: [
              line(
                [
                  [0, 0],
                  [1, 1],
                ],
                { stroke: "var(--muted)", strokeDasharray: "3 4" },
              ),
              link(points, {
                x1: "probability",
                x2: "probability",
                y1: "probability",
                y2: "accuracy",
                stroke: "var(--incorrect)",
                strokeWidth: 2,
              }),
              dot(points, {
                x: "probability",
                y: "accuracy",
                r: "pictures",
                fill: "var(--accent)",
                fillOpacity: 0.85,
                stroke: "var(--paper)",
                title: ({ probability: mean, accuracy, pictures }: Point) =>
                  `${whole(pictures)} answers of about ${percent(mean, 0)}: ${percent(accuracy, 0)} correct`,
              }),
            ],
          }}
        />
      </figure>
      <div>
        <dl class="facts">
          <div>
            <dt>Expected calibration error</dt>
            <dd>{percent(calibration.error)}</dd>
          </div>
          <div>
            <dt>Temperature</dt>
            <dd>{calibration.temperature === "unknown" ? "unknown" : decimal(calibration.temperature)}</dd>
          </div>
        </dl>
        <p>
          On average, probabilities differ from the share of correct answers by {percent(calibration.error)}. On the
          dashed line they would agree; below it, the model is too sure of itself.
        </p>
        <p>{temperatureText(calibration.temperature)}</p>
        <details>
          <summary>Values of the diagram</summary>
          <Scrolling label="Answers by probability">
            <table class="numbers">
              <thead>
                <tr>
                  <th scope="col">Probability</th>
                  <th scope="col">Pictures</th>
                  <th scope="col">Correct</th>
                  <th scope="col">Accuracy</th>
                  <th scope="col">Mean probability</th>
                </tr>
              </thead>
              <tbody>
                {calibration.bins.map((bin) => (
                  <tr key={bin.from}>
                    <th scope="row">
                      {percent(bin.from, 0)} to {percent(bin.to, 0)}
                    </th>
                    <td>{whole(bin.pictures)}</td>
                    <td>{whole(bin.correct)}</td>
                    <td>{percent(bin.pictures === 0 ? null : bin.correct / bin.pictures)}</td>
                    <td>{percent(bin.probability)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </Scrolling>
        </details>
      </div>
    </div>
  );
}

function pointOf({ pictures, correct, probability: mean }: CalibrationBin): readonly Point[] {
  return pictures === 0 || mean === null ? [] : [{ probability: mean, accuracy: correct / pictures, pictures }];
}

function temperatureText(temperature: CalibrationReport["temperature"]): string {
  if (temperature === "unknown") return "The model, which has the temperature, cannot be loaded.";
  if (temperature === null) return "The model's probabilities are not corrected.";
  if (Math.abs(temperature - 1) < 0.05) return "The network's own probabilities needed hardly any correction.";
  return temperature > 1
    ? "The network was too sure of itself on the validation pictures; the temperature corrects its probabilities."
    : "The network was not sure enough on the validation pictures; the temperature corrects its probabilities.";
}
