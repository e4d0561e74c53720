// Debian's browsers, headless.

import { chromium, firefox, type Browser } from "playwright-core";

/** Names of browsers. */
export type BrowserName = "chromium" | "firefox";

/** Those that setup found or installed. */
export const BROWSERS: readonly string[] = (process.env["SILHOUETTE_BROWSERS"] ?? "")
  .split(",")
  .filter((name) => name !== "");

/** Options for {@link launch}. */
interface LaunchOptions {
  /** Further arguments of Chromium. */
  readonly args?: readonly string[];
  /** Preferences of Firefox, as in about:config. */
  readonly preferences?: Readonly<Record<string, boolean>>;
}

/**
 * Starts a browser.
 *
 * Firefox 153, while WebDriver BiDi drives it, as Playwright does, now and then blocks a worker for ever in `new Worker(...)`, whatever the
 * script and however idle the machine; without WebDriver, it does not. Tests in Firefox therefore start as few threads of workers as they
 * can, and again where they must.
 */
export async function launch(name: BrowserName, { args = [], preferences = {} }: LaunchOptions = {}): Promise<Browser> {
  return name === "chromium"
    ? chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", ...args] })
    : firefox.launch({
        channel: "moz-firefox",
        executablePath: "/usr/bin/firefox-esr",
        firefoxUserPrefs: { ...preferences },
      });
}

/** Arguments with which Chromium has a camera, of a test picture, and allows it. */
export const FAKE_CAMERA: readonly string[] = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"];
