// The studio's server, and the command that starts it.

import { writeFileSync } from "node:fs";
import { get } from "node:http";
import { join } from "node:path";

import { serveStudio, type StudioOptions } from "@silhouette/studio";
import { train } from "@silhouette/trainer";
import { describe, expect, it, onTestFinished } from "vitest";

import { carsAndBuses, emptyFolder, folderWith } from "./pictures.ts";
import { eventsOf, silhouette, startSilhouette } from "./silhouette.ts";

/** A studio that is closed after the test. */
async function studio(options: StudioOptions = {}): Promise<URL> {
  const served = await serveStudio(options);
  onTestFinished(async () => served.close());
  return new URL(served.url);
}

/** The answer to a path as it is, which `fetch` would normalize, under a name of the server. */
async function answer({ host, port, hostname }: URL, path: string, name = host) {
  return new Promise<{ readonly status: number | undefined; readonly body: string }>((resolve, reject) => {
    get({ hostname, port, path, headers: { host: name } }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (piece: string) => (body += piece));
      response.once("end", () => resolve({ status: response.statusCode, body }));
    }).once("error", reject);
  });
}

describe("serveStudio", () => {
  it("serves the page with the headers that threads need", async () => {
    const response = await fetch(await studio());
    expect(response.status).toBe(200);
    expect(await response.text()).toContain("Silhouette Studio");
    expect(response.headers.get("cross-origin-opener-policy")).toBe("same-origin");
    expect(response.headers.get("cross-origin-embedder-policy")).toBe("require-corp");
  });

  it("serves on the loopback address, and refuses other names for it", async () => {
    const url = await studio();
    expect(url.hostname).toBe("127.0.0.1");
    expect(await answer(url, "/", `localhost:${url.port}`)).toMatchObject({ status: 200 });
    for (const name of [
      "evil.example",
      `evil.example:${url.port}`,
      `127.0.0.1.evil.example:${url.port}`,
      "127.0.0.1",
    ]) {
      expect(await answer(url, "/", name)).toMatchObject({ status: 403 });
    }
  });

  it("serves nothing from other folders", async () => {
    const url = await studio();
    for (const path of [
      "/../package.json",
      "/..%2fserver/index.js",
      "/%2e%2e/server/index.js",
      "/run/files.json",
      "/%",
    ]) {
      expect((await answer(url, path)).status).toBeGreaterThanOrEqual(400);
    }
  });

  it("refuses what is no run before it serves", async () => {
    await expect(serveStudio({ run: emptyFolder() })).rejects.toMatchObject({ code: "RUN_NOT_FOUND" });
  });

  it("reports a port that is taken", async () => {
    const { port } = await studio();
    await expect(serveStudio({ port: Number(port) })).rejects.toMatchObject({ code: "EADDRINUSE" });
  });

  it("stops when it is closed, with connections open", async () => {
    const served = await serveStudio();
    await (await fetch(served.url)).text();
    await served.close();
    await expect(fetch(served.url)).rejects.toThrow("fetch failed");
  });
});

describe("a run", () => {
  it("is listed and served, without hidden files and what is around it", async () => {
    const folder = emptyFolder();
    const run = join(folder, "our run & more");
    const size = { width: 94, height: 94 };
    await train({ source: folderWith(await carsAndBuses(12)), run, size, epochs: 1 });
    writeFileSync(join(run, ".hidden"), "secret");
    writeFileSync(join(folder, "outside.txt"), "outside");
    const url = await studio({ run });
    expect(url.search).toBe("?run=our%20run%20%26%20more");
    const paths = JSON.parse((await answer(url, "/run/files.json")).body) as readonly string[];
    expect(paths).toContain("config.json");
    expect(paths).toContain("model/model.json");
    expect(paths.filter((path) => path.includes("hidden") || path.includes(".lock"))).toEqual([]);
    expect((await answer(url, "/run/model/model.json")).body).toContain('"layers-model"');
    for (const path of ["/run/.hidden", "/run/../outside.txt", "/run/..%2foutside.txt", "/run/none"]) {
      expect((await answer(url, path)).status).toBeGreaterThanOrEqual(400);
    }
  });
});

describe("silhouette studio", () => {
  it("prints its address, serves until Ctrl-C, and ends well", async () => {
    const { child, ended } = startSilhouette(["studio", "--port", "0", "--no-open", "--json"]);
    const line = await new Promise<string>((resolve) => {
      child.stdout.once("data", resolve);
    });
    const [serving] = eventsOf(line);
    expect(serving).toMatchObject({ type: "serving" });
    expect((await fetch(String(serving?.["url"]))).status).toBe(200);
    child.kill("SIGINT");
    const { code, stdout, stderr } = await ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(eventsOf(stdout).at(-1)).toMatchObject({ type: "done", command: "studio" });
  });

  it("says what to do about a port that is taken, and a run that is none", async () => {
    const { port } = await studio();
    const taken = await silhouette(["studio", "--port", port, "--no-open"]);
    expect(taken.code).toBe(3);
    expect(taken.stderr).toContain("--port 0");
    const none = await silhouette(["studio", emptyFolder(), "--port", "0", "--no-open"]);
    expect(none.code).toBe(3);
    expect(none.stderr).toContain("Expected a run in");
  });
});
