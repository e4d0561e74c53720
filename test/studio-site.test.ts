// The studio's site as it is served elsewhere: without isolation, offline, with its storage full; and that its views are accessible.

import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

import { serveStudio, type Studio } from "@silhouette/studio";
import { prepare } from "@silhouette/trainer";
import type { Browser, BrowserContext, Page } from "playwright-core";
import sirv from "sirv";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { BROWSERS, launch } from "./launch.ts";
import { carsAndBuses, newFolder, removeFolder, writeFiles } from "./pictures.ts";
import { REPOSITORY } from "./programs.ts";

const SITE = join(REPOSITORY, "packages", "studio", "dist", "site");

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** A result of axe-core. */
interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string }[];
}

describe.skipIf(!BROWSERS.includes("chromium"))("the site of the studio", () => {
  let browser: Browser;
  let studio: Studio;
  let folder: string;

  beforeAll(async () => {
    folder = newFolder();
    writeFiles(join(folder, "photos"), await carsAndBuses(30));
    await prepare({ folder: join(folder, "photos"), out: join(folder, "vehicles.arrow") });
    studio = await serveStudio();
    browser = await launch("chromium");
  });

  afterAll(async () => {
    await browser?.close();
    await studio?.close();
    if (folder !== undefined) removeFolder(folder);
  });

  /** A page of a new visitor; closed with its context. */
  async function opened(url: string): Promise<{ readonly page: Page; readonly context: BrowserContext }> {
    const context = await browser.newContext({ reducedMotion: "reduce" });
    const page = await context.newPage();
    await page.goto(url);
    return { page, context };
  }

  async function train(page: Page): Promise<void> {
    const chooser = page.waitForEvent("filechooser");
    await page.getByRole("button", { name: "Choose a dataset" }).click();
    await (await chooser).setFiles(join(folder, "vehicles.arrow"));
    await page.getByLabel("Epochs").fill("2");
    await page.getByRole("button", { name: "Train", exact: true }).click();
  }

  it("computes on one thread from a server that knows nothing of it, in any folder, and says so", async () => {
    const files = sirv(SITE);
    const server = createServer((request, response) => {
      request.url = request.url?.replace(/^\/some\/where/, "") ?? "/";
      files(request, response, () => void response.writeHead(404).end());
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const { page, context } = await opened(`http://127.0.0.1:${port}/some/where/`);
    await page.getByRole("button", { name: "Try the example" }).click();
    await page.locator(".shot .crisp").nth(11).waitFor();
    expect(await page.locator(".engine-state").innerText()).toContain("1 thread");
    await context.close();
    server.close();
  });

  it("works offline after the first visit", async () => {
    const { page, context } = await opened(studio.url);
    await page.evaluate("navigator.serviceWorker.ready");
    await context.setOffline(true);
    await page.reload();
    await page.getByRole("button", { name: "Try the example" }).click();
    await page.locator(".shot .crisp").nth(11).waitFor();
    await page.goto(`${studio.url}#/explore`);
    await page.getByRole("heading", { name: "Confusion matrix" }).waitFor();
    expect(await page.getByRole("alert").count()).toBe(0);
    await context.close();
  });

  it("says that its storage is full, and keeps nothing of the run", async () => {
    const { page, context } = await opened(`${studio.url}#/train`);
    await page.getByRole("button", { name: "Train", exact: true }).waitFor();
    const session = await context.newCDPSession(page);
    await session.send("Storage.overrideQuotaForOrigin", { origin: new URL(studio.url).origin, quotaSize: 100_000 });
    await train(page);
    await page.getByRole("heading", { name: "Training stopped" }).waitFor();
    expect(await page.getByRole("alert").innerText()).toContain("storage");
    await page.reload();
    await page.getByRole("button", { name: "Train", exact: true }).waitFor();
    expect(await page.locator(".run-list article").count()).toBe(0);
    await context.close();
  });

  it("continues a training that was running when its page was closed, and refuses it in two tabs", async () => {
    const { page, context } = await opened(`${studio.url}#/train`);
    await page.getByLabel("Epochs").waitFor();
    const chooser = page.waitForEvent("filechooser");
    await page.getByRole("button", { name: "Choose a dataset" }).click();
    await (await chooser).setFiles(join(folder, "vehicles.arrow"));
    // Longer than everything here takes.
    await page.getByLabel("Epochs").fill("2000");
    await page.getByRole("button", { name: "Train", exact: true }).click();
    await page.getByText(/Epoch ([3-9]|\d\d+) of 2000/).waitFor();
    const other = await context.newPage();
    await other.goto(`${studio.url}#/train`);
    await other.getByText("training, ").waitFor();
    expect(await other.getByRole("button", { name: "Continue" }).count()).toBe(0);
    expect(await other.getByRole("button", { name: "Remove", exact: true }).last().isDisabled()).toBe(true);
    await page.close();
    await other.reload();
    await other.getByRole("button", { name: "Continue" }).click();
    await other.getByText(/Epoch ([3-9]|\d\d+) of 2000/).waitFor();
    await context.close();
  });

  it("has views that are accessible while they are empty and when they are filled, in light and dark", async () => {
    const { page, context } = await opened(`${studio.url}#/train`);
    await page.getByRole("button", { name: "Train", exact: true }).waitFor();
    const violations = async (where: string): Promise<readonly string[]> => {
      const found: string[] = [];
      for (const colorScheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme });
        await page.evaluate(AXE);
        const results = await page.evaluate<readonly Violation[]>("axe.run().then(({ violations }) => violations)");
        found.push(...results.map(({ id, nodes }) => `${where}, ${colorScheme}: ${id} ${nodes[0]?.html}`));
      }
      return found;
    };
    const found = [...(await violations("train"))];
    await train(page);
    await page.getByRole("heading", { name: "Training finished" }).waitFor({ timeout: 30_000 });
    found.push(...(await violations("trained")));
    await page.getByRole("button", { name: "Report" }).click();
    await page.getByRole("heading", { name: "Mean silhouettes" }).waitFor();
    await page.getByRole("heading", { name: "Confusion matrix" }).waitFor();
    found.push(...(await violations("explore")));
    expect(found).toEqual([]);
    await context.close();
  });
});
