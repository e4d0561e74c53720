// What the view shows before there is a model.

import type { ComponentChildren, JSX } from "preact";

/** Picture of the example that shows the steps. */
const PICTURE = "./example/pictures/icon-park-bus-two-0.jpg";

/** What it does, in a sentence and in pictures, and how to begin. */
export function Welcome({ children }: { readonly children: ComponentChildren }): JSX.Element {
  return (
    <section class="welcome">
      <div class="welcome-text">
        <h2>See what a network sees</h2>
        <p class="lead">
          A photograph becomes gray, then a silhouette, and a small network says what it shows, and where it looked. All
          of it is computed in this page: nothing leaves your device.
        </p>
        {children}
      </div>
      <ol class="steps" aria-label="From a photograph to an answer">
        <li>
          <img src={PICTURE} alt="" width="128" height="128" />
          <span>Photograph</span>
        </li>
        <li>
          <img class="step-gray" src={PICTURE} alt="" width="128" height="128" />
          <span>Gray</span>
        </li>
        <li>
          <img class="step-silhouette" src={PICTURE} alt="" width="128" height="128" />
          <span>Silhouette</span>
        </li>
        <li>
          <span class="step-answer" aria-hidden="true">
            <span style={{ "--share": "0.94" }}>bus</span>
            <span style={{ "--share": "0.16" }}>car</span>
            <span style={{ "--share": "0.08" }}>motorcycle</span>
          </span>
          <span>Answer</span>
        </li>
      </ol>
    </section>
  );
}
