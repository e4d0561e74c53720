// What a worker does with the dataset that a page sends it.

import { learn } from "./learn.js";

/** @param {typeof import("@silhouette/trainer/browser")} trainer */
export function answer(trainer) {
  globalThis.addEventListener("message", ({ data }) => {
    learn(trainer, data).then(postMessage, (error) => postMessage({ error: String(error) }));
  });
}
