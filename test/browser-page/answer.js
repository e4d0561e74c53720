// Handles the dataset that a page sends to its worker.

import { learn } from "./learn.js";

/** @param {typeof import("@silhouette/trainer/browser")} trainer */
export function answer(trainer) {
  globalThis.addEventListener("message", ({ data }) => {
    learn(trainer, data).then(postMessage, (error) => postMessage({ error: String(error) }));
  });
}
