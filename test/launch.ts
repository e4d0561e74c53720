// Debian's browsers, headless.

import { chromium, firefox, type Browser } from "playwright-core";

/** Names of browsers. */
export type BrowserName = "chromium" | "firefox";

/** Those that setup found or installed. */
export const BROWSERS: readonly string[] = (process.env["SILHOUETTE_BROWSERS"] ?? "")
  .split(",")
  .filter((name) => name !== "");

/**
 * Starts a browser.
 *
 * @param args further arguments of Chromium
 */
export async function launch(name: BrowserName, args: readonly string[] = []): Promise<Browser> {
  return name === "chromium"
    ? chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", ...args] })
    : firefox.launch({ channel: "moz-firefox", executablePath: "/usr/bin/firefox-esr" });
}

/** Arguments with which Chromium has a camera, of a test picture, and allows it. */
export const FAKE_CAMERA: readonly string[] = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"];
