// The programs in examples/, run as in their README.

import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { createServer as plainServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { createServer, type ViteDevServer } from "vite";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";

import { BROWSERS, FAKE_CAMERA, launch } from "./launch.ts";
import { carsAndBuses, newFolder, removeFolder, writeFiles } from "./pictures.ts";
import { hasWritten, outputOf, REPOSITORY, start, type Running } from "./programs.ts";

let folder: string;

beforeAll(async () => {
  folder = newFolder();
  writeFiles(join(folder, "photos"), await carsAndBuses(30));
});
afterAll(() => removeFolder(folder));

function example(name: string): string {
  return join(REPOSITORY, "examples", "dist", `${name}.js`);
}

describe("an example", () => {
  it("trains on a folder of photographs, and draws the predictions", async () => {
    const output = await outputOf(process.execPath, [example("own-folder"), "photos", "runs/folder"], { cwd: folder });
    expect(output).toMatch(/^epoch 5: validation accuracy \d/m);
    expect(output).toMatch(/^\d correct, \d incorrect\nbus \[ \d, \d \]\ncar \[ \d, \d \]\n/m);
    expect(readFileSync(join(folder, "predictions.png")).subarray(1, 4).toString()).toBe("PNG");
  });

  it("trains a custom network, which can predict", async () => {
    const output = await outputOf(process.execPath, [example("custom-network"), "photos", "runs/network"], {
      cwd: folder,
    });
    expect(output).toMatch(/^8 epochs; \d correct, \d incorrect\n$/);
    expect(existsSync(join(folder, "runs", "network", "model", "model.json"))).toBe(true);
  });

  describe("that serves predictions", () => {
    let server: Running;
    let address: string;

    beforeAll(async () => {
      server = start(process.execPath, [example("prediction-server"), "runs/network", "0"], { cwd: folder });
      const said = await hasWritten(server.child.stdout, "\n");
      address = said.replace("Listening on ", "").trim();
    });
    afterAll(() => server.child.kill());

    const post = async (body: Uint8Array): Promise<{ status: number; answer: unknown }> => {
      const response = await fetch(address, { method: "POST", body: Buffer.from(body) });
      return { status: response.status, answer: await response.json() };
    };

    it("classifies a picture", async () => {
      const { status, answer } = await post(readFileSync(join(folder, "photos", "car", "000.png")));
      expect({ status, answer }).toMatchObject({ status: 200, answer: { classes: [{}, {}] } });
    });

    it("reports what is wrong with anything else, and continues", async () => {
      const { status, answer } = await post(new TextEncoder().encode("no picture"));
      expect({ status, answer }).toMatchObject({ status: 422, answer: { unusable: { code: "NOT_A_PICTURE" } } });
      expect((await fetch(address, { method: "PUT" })).status).toBe(405);
      expect((await post(new Uint8Array(21e6))).status).toBe(413);
      expect((await post(new Uint8Array(0))).status).toBe(400);
    });

    it("serves a page that classifies", async () => {
      const response = await fetch(address);
      expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
      expect(await response.text()).toMatch(/^<!doctype html>[^]*<title>bus, car<\/title>/);
    });

    it("limits how much it reads of a body with unknown length", async () => {
      const body = new ReadableStream({
        pull(controller) {
          controller.enqueue(new Uint8Array(1e6));
          if (++pulled === 25) controller.close();
        },
      });
      let pulled = 0;
      expect((await fetch(address, { method: "POST", body, duplex: "half" })).status).toBe(413);
    });

    it("asks clients to retry while it is busy, and responds afterwards", async () => {
      const picture = readFileSync(join(folder, "photos", "car", "000.png"));
      const unfinished = await Promise.all(
        Array.from({ length: 8 }, async () => {
          const headers = { "content-length": "1000", expect: "100-continue" };
          const sent = request(address, { method: "POST", headers }).on("error", () => undefined);
          sent.flushHeaders();
          await once(sent, "continue");
          return sent;
        }),
      );
      const refusal = await fetch(address, { method: "POST", body: picture });
      expect({ status: refusal.status, again: refusal.headers.get("retry-after") }).toEqual({
        status: 503,
        again: "1",
      });
      for (const sent of unfinished) sent.destroy();
      await vi.waitFor(async () => expect((await post(picture)).status).toBe(200), 20_000);
    });
  });
});

describe.skipIf(!BROWSERS.includes("chromium"))("the camera page", () => {
  let vite: ViteDevServer;
  let address: string;
  beforeAll(async () => {
    vite = await createServer({ root: join(REPOSITORY, "examples"), server: { port: 0 }, logLevel: "error" });
    await vite.listen();
    address = `${vite.resolvedUrls?.local[0]}camera.html`;
  });
  afterAll(() => vite.close());

  /** The last message of the page, in a browser with `args`. */
  async function saidBy(url: string, args: readonly string[], said: string, before?: string): Promise<string> {
    const browser = await launch("chromium", { args });
    try {
      const page = await browser.newPage();
      if (before !== undefined) await page.addInitScript(before);
      await page.goto(url);
      await page.waitForFunction(`document.querySelector("#state").textContent.includes(${JSON.stringify(said)})`);
      expect(await page.evaluate("document.querySelector('#mask').hidden")).toBe(true);
      return await page.evaluate<string>("document.querySelector('#state').textContent");
    } finally {
      await browser.close();
    }
  }

  const anyCamera = "--use-fake-ui-for-media-stream";
  const noCamera = "navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('', 'NotFoundError'); }";

  it("shows frames in black and white alone", async () => {
    const browser = await launch("chromium", { args: FAKE_CAMERA });
    try {
      const page = await browser.newPage();
      await page.goto(address);
      await page.waitForFunction("document.querySelector('#state').textContent.startsWith('Threshold')");
      const levels = await page.evaluate<number[]>(`[...new Set(new Uint32Array(
        document.querySelector("#mask").getContext("2d").getImageData(0, 0, 300, 300).data.buffer))]`);
      expect(new Set(levels)).toEqual(new Set([0xff000000, 0xffffffff]));
    } finally {
      await browser.close();
    }
  });

  it("reports that it was opened as a file", async () => {
    const file = pathToFileURL(join(REPOSITORY, "examples", "camera.html")).href;
    expect(await saidBy(file, [], "as a file")).toContain("npx vite examples");
  });

  it("reports that there is no camera", async () => {
    expect(await saidBy(address, [anyCamera], "there is none", noCamera)).toContain("Connect one");
  });

  it("reports that the camera is refused", async () => {
    const args = ["--use-fake-device-for-media-stream", "--deny-permission-prompts"];
    expect(await saidBy(address, args, "was refused")).toContain("Allow the camera");
  });

  it("reports that browsers give it no camera", async () => {
    const insecure = "Object.defineProperty(Navigator.prototype, 'mediaDevices', { value: undefined })";
    expect(await saidBy(address, [anyCamera], "https://", insecure)).toContain("localhost");
  });

  it("reports that its library cannot be loaded", async () => {
    const page = readFileSync(join(REPOSITORY, "examples", "camera.html"));
    const server = plainServer((_, response) => response.setHeader("content-type", "text/html").end(page)).listen(0);
    try {
      const { port } = server.address() as AddressInfo;
      expect(await saidBy(`http://localhost:${port}/`, [anyCamera], "npx vite examples")).toContain("served by");
    } finally {
      server.close();
    }
  });
});
