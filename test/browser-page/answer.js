// Handles the dataset that a page sends to its worker.

import { learn } from "./learn.js";

/** @param {typeof import("@silhouette/trainer/browser")} trainer */
export function answer(trainer) {
  globalThis.addEventListener("message", async ({ data }) => {
    try {
      postMessage(await learn(trainer, data));
    } catch (error) {
      postMessage({ error: `${error} ${error.stack}` });
    }
  });
}
