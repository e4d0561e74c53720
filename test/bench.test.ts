// `silhouette bench --quick`: every suite runs, all available peers agree, and the files contain the results. No test here
// depends on speed.

import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";

import { afterAll, describe, expect, it, vi } from "vitest";

import { carsAndBuses, folderWith, newFolder, removeFolder } from "./pictures.ts";
import { hasWritten, REPOSITORY } from "./programs.ts";
import { eventsOf, expectReadable, silhouette, startSilhouette, type Event } from "./silhouette.ts";

const folder = newFolder();
afterAll(() => removeFolder(folder));

/** The fields of a peer's results that these tests read. */
interface Peer {
  readonly name: string;
  readonly bestMilliseconds: number;
  readonly medianMilliseconds: number;
}

/** Results of the suite preprocess. */
interface Preprocessed {
  readonly cases: readonly {
    readonly name: string;
    readonly peers: readonly (Peer & {
      readonly ratio: number;
      readonly agreement: number;
      readonly library?: { readonly name: string; readonly version: string; readonly installedBytes: number };
    })[];
  }[];
  readonly missing: readonly { readonly name: string; readonly reason: string }[];
  readonly histograms: readonly Peer[];
  readonly coldStarts: readonly Peer[];
  readonly binaries: readonly { readonly bytes: number; readonly gzippedBytes: number }[];
}

/** Results of the suite prepare. */
interface Prepared {
  readonly photographs: { readonly count: number; readonly distinct: number; readonly ordinary: number | null };
  readonly peers: readonly (Peer & {
    readonly peakBytes: number;
    readonly processorMilliseconds: number;
    readonly distance: { readonly levels: number; readonly agreement: number | null } | null;
  })[];
  readonly missing: readonly { readonly name: string; readonly reason: string }[];
}

/** Results of the other suites. */
interface Trained {
  readonly groups: readonly {
    readonly network: string;
    readonly tileGigaflops: number;
    readonly augmentation: Peer | null;
    readonly peers: readonly (Peer & { readonly peakBytes: number; readonly deviation: number })[];
  }[];
  readonly operations: readonly { readonly operations: readonly { readonly milliseconds: number }[] }[];
  readonly missing: readonly { readonly name: string; readonly reason: string }[];
}

/** Results of the suite convolutions. */
interface Convolved {
  readonly timings: readonly (Peer & {
    readonly layer: string;
    readonly tileGigaflops: number;
    readonly deviation: number;
  })[];
}

/** Results of the suite networks. */
interface Networks {
  readonly complete: boolean;
  readonly groups: readonly {
    readonly network: string;
    readonly use: string;
    readonly threads: number;
    readonly peers: readonly (Peer & { readonly deviation: number })[];
    readonly missing: readonly { readonly name: string; readonly reason: string }[];
  }[];
}

/** Runs a suite with --quick; returns the last event, and all events. */
async function quick(
  ...args: readonly string[]
): Promise<{ readonly result: unknown; readonly events: readonly Event[] }> {
  const { code, stdout, stderr } = await silhouette(["bench", ...args, "--quick", "--json", "--out", folder]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const events = eventsOf(stdout);
  return { result: events.at(-1)?.["result"], events };
}

describe("silhouette bench preprocess", () => {
  it("verifies the results, reports positive times for every available peer, and lists the others", async () => {
    const { result, events } = await quick("preprocess");
    const { cases, missing, histograms, coldStarts, binaries } = result as Preprocessed;
    const text = events.flatMap((event) => (event.type === "benchText" ? [String(event.text)] : [])).join("\n");
    const missed = new Set(missing.map(({ name }) => name));
    const present = (names: readonly string[]) => names.filter((name) => !missed.has(name));
    const takingGray = [
      "ours simd128",
      "ours scalar",
      "plain JavaScript",
      "opencv-js INTER_LINEAR",
      "opencv-js INTER_AREA",
      "OpenCV native INTER_LINEAR",
      "OpenCV native INTER_AREA",
      "sharp",
      "sharp .greyscale()",
    ];
    const all = [...takingGray.slice(0, 7), "@napi-rs/image", ...takingGray.slice(7), "jimp"];
    expect(cases.map(({ name, peers }) => [name, peers.map((peer) => peer.name)])).toEqual([
      ["500x375 RGBA to 300x300", present(all)],
      ["500x375 gray to 300x300", present(takingGray)],
      ["4000x3000 RGBA to 1000x750", present(all)],
      ["500x375 RGBA to 96x96", present(all)],
    ]);
    for (const { name, agreement, ratio, library, ...peer } of cases.flatMap(({ peers }) => peers)) {
      const isOurs = name.startsWith("ours") || name === "plain JavaScript";
      expect(peer.bestMilliseconds).toBeGreaterThan(0);
      expect(peer.medianMilliseconds).toBeGreaterThanOrEqual(peer.bestMilliseconds);
      expect(ratio).toBeGreaterThan(0);
      expect(agreement).toBeGreaterThanOrEqual(isOurs ? 1 : 0.98);
      expect(library?.version === undefined).toBe(isOurs);
      expect(library?.installedBytes ?? Infinity).toBeGreaterThan(1e6);
      expect(text).toContain(library?.name ?? name);
    }
    for (const { name, reason } of missing) {
      expect(all.slice(3)).toContain(name);
      expect(reason).toContain("npm run setup -- --peers");
    }
    expect(histograms).toHaveLength(6);
    const libraries = ["ours simd128", "opencv-js INTER_LINEAR", "@napi-rs/image", "sharp", "jimp"];
    expect(coldStarts.map(({ name }) => name)).toEqual(present(libraries));
    for (const { bestMilliseconds } of [...histograms, ...coldStarts]) expect(bestMilliseconds).toBeGreaterThan(0);
    for (const { bytes, gzippedBytes } of binaries) expect(gzippedBytes).toBeLessThan(bytes);

    expect(JSON.parse(readFileSync(join(folder, "preprocess.json"), "utf8"))).toEqual(result);
    const [table, chart] = ["md", "svg"].map((ending) => readFileSync(join(folder, `preprocess.${ending}`), "utf8"));
    for (const name of present(all)) {
      expect(table).toContain(`| ${name} `);
      expect(chart).toContain(`>${name}</text>`);
    }
  }, 240_000);
});

describe("silhouette bench prepare", () => {
  const cores = availableParallelism();
  const openCv = [...new Set([1, cores])].map(
    (count) => `OpenCV in ${count === 1 ? "1 process" : `${count} processes`}`,
  );
  const decoder = "silhouette's JPEG kernels";

  it("compares the available peers on drawn photographs, lists the others, and writes result, table and chart", async () => {
    const { result, events } = await quick("prepare");
    const { photographs, peers, missing } = result as Prepared;
    const measured = peers.map(({ name }) => name);
    const all = ["silhouette", "silhouette with thumbnails", ...openCv, "sharp", "sharp with Preprocessor", decoder];
    const missed = missing.map(({ name }) => name);
    expect(measured).toEqual(all.filter((name) => !missed.includes(name)));
    expect(openCv).toEqual(expect.arrayContaining(missed));
    for (const { reason } of missing) expect(reason).toContain("npm run setup -- --peers");
    expect(photographs).toMatchObject({ count: 60, distinct: 24, ordinary: 24 });
    for (const { name, distance, ...peer } of peers) {
      expect(peer.bestMilliseconds).toBeGreaterThan(0);
      expect(peer.processorMilliseconds).toBeGreaterThan(0);
      expect(peer.peakBytes).toBeGreaterThan(2e7);
      if (name === decoder) expect(distance).toBe(null);
      else expect(distance?.levels).toBeLessThan(1);
      // The same decoder and the same rules.
      if (name === "sharp with Preprocessor") expect(distance).toMatchObject({ levels: 0, agreement: 1 });
      if (openCv.includes(name)) expect(distance?.agreement).toBeGreaterThan(0.99);
    }
    const text = events.flatMap((event) => (event.type === "benchText" ? [String(event.text)] : [])).join("\n");
    expect(JSON.parse(readFileSync(join(folder, "prepare.json"), "utf8"))).toEqual(result);
    const [table, chart] = ["md", "svg"].map((ending) => readFileSync(join(folder, `prepare.${ending}`), "utf8"));
    for (const name of measured) {
      expect(text).toContain(name);
      expect(table).toContain(`| ${name} `);
      expect(chart).toContain(`>${name.replace("'", "&#39;")}</text>`);
    }
  }, 240_000);

  it("measures photographs of one's own with the peers named, and says so in the command that repeats it", async () => {
    const own = folderWith(await carsAndBuses(2));
    const named = ["sharp with Preprocessor", decoder];
    const { result, events } = await quick("prepare", "--photographs", own, "--peers", named.join(","));
    const { photographs, peers, missing, ...head } = result as Prepared & Record<string, unknown>;
    expect(photographs).toMatchObject({ count: 4, distinct: 4, ordinary: 0 });
    expect(peers.map(({ name }) => name)).toEqual(["silhouette", "sharp with Preprocessor"]);
    expect(missing).toEqual([{ name: decoder, reason: "none of the photographs is an ordinary JPEG file" }]);
    expect(head).toMatchObject({
      complete: true,
      limitedTo: named,
      command: `silhouette bench prepare --photographs "${own}" --peers "${named.join(",")}" --quick`,
    });
    expect(events[0]).toMatchObject({ type: "benchPlan", peers: ["silhouette", ...named] });
    const sentence = `Limited by --peers to ${named.join(", ")}.`;
    expect(readFileSync(join(folder, "prepare.md"), "utf8")).toContain(`**${sentence}**`);
    expect(events.find(({ type }) => type === "benchText")?.["text"]).toContain(sentence);
  }, 120_000);

  it.each([
    ["does not exist", "nowhere", "but there is nothing"],
    ["has no photographs", "empty", "silhouette prepare failed"],
  ])("refuses a folder that %s", async (_, name, but) => {
    mkdirSync(join(folder, "empty"), { recursive: true });
    const ended = await silhouette(["bench", "prepare", "--quick", "--photographs", join(folder, name)]);
    expectReadable(ended);
    expect(ended.code).toBe(3);
    expect(ended.stderr).toContain("[NO_PHOTOGRAPHS]");
    expect(ended.stderr).toContain(but);
  });
});

describe.each([
  [
    "train",
    "compact",
    ["tf.layers on silhouette's WASM", "tf.layers on tfjs-node", "PyTorch", "PyTorch channels-last", "Keras"],
  ],
  [
    "predict",
    "reference",
    [
      "tf.layers on silhouette's WASM",
      "tf.layers on tfjs-node",
      "tf.layers on stock WASM",
      "PyTorch",
      "PyTorch channels-last",
      "Keras",
    ],
  ],
  ["load", "reference", ["PyTorch", "PyTorch channels-last", "Keras"]],
])("silhouette bench %s, %s network", (suite, network, peers) => {
  it("compares the available peers, lists the others, and writes result, table and chart", async () => {
    const { events, ...told } = await quick(suite, "--network", network, "--batch", "2", "--threads", "1");
    const result = told.result as Trained;
    const [group, ...others] = result.groups;
    expect([group?.network, others]).toEqual([network, []]);
    const measured = group?.peers.map(({ name }) => name) ?? [];
    const missing = result.missing.map(({ name }) => name);
    expect([...measured, ...missing].toSorted()).toEqual(
      ["silhouette", "silhouette on tfjs-node", ...peers].toSorted(),
    );
    expect(measured[0]).toBe("silhouette");
    expect(measured.includes("silhouette on tfjs-node")).toBe(process.env["SILHOUETTE_TFJS_NODE"] === "1");
    for (const peer of group?.peers ?? []) {
      expect(peer.bestMilliseconds).toBeGreaterThan(0);
      expect(peer.peakBytes).toBeGreaterThan(5e7);
      expect(peer.deviation).toBeLessThan(2e-2);
    }
    for (const { reason } of result.missing) expect(reason).toContain("npm run setup -- --peers");
    expect(group?.tileGigaflops).toBeGreaterThan(0);
    expect(result.operations.length > 0).toBe(suite === "train");
    if (network === "compact") expect(group?.augmentation?.bestMilliseconds).toBeGreaterThan(0);
    else expect(group?.augmentation).toBe(null);

    const plans = events.filter(({ type }) => type === "benchPlan");
    expect(plans).toMatchObject([
      { suite, isChecked: false, missing: [] },
      { suite, isChecked: true, peers: measured, missing: result.missing },
    ]);
    for (const plan of plans) expect(plan["seconds"]).toBeGreaterThan(0);
    expect(events[0]).toBe(plans[0]);
    const turns = events.flatMap(({ type, done, total }) =>
      type === "benchTurn" ? [Number(done) / Number(total)] : [],
    );
    expect(turns.length).toBeGreaterThan(measured.length);
    expect(turns.every((share, index) => share < 1 && share >= (turns[index - 1] ?? 0))).toBe(true);
    const text = events.flatMap((event) => (event.type === "benchText" ? [String(event.text)] : [])).join("\n");
    expect(JSON.parse(readFileSync(join(folder, `${suite}.json`), "utf8"))).toEqual(result);
    const table = readFileSync(join(folder, `${suite}.md`), "utf8");
    const chart = readFileSync(join(folder, `${suite}.svg`), "utf8");
    for (const name of measured) {
      expect(text).toContain(name);
      expect(table).toContain(name);
      expect(chart).toContain(`>${name.replace("'", "&#39;")}</text>`);
    }
  }, 240_000);
});

describe("silhouette bench convolutions", () => {
  it("times each operation of each layer with both kinds of kernels, whose results agree, and writes table and chart", async () => {
    const { timings } = (await quick("convolutions")).result as Convolved;
    // The first layer, of binary pictures, has kernels of its own, and no step computes their gradient.
    for (const [family, expected] of [
      ["silhouette", "11222333444555"],
      ["separate operations", "11"],
      ["direct kernels", "222333444555"],
    ]) {
      const layers = timings.flatMap(({ layer, name }) => (name === family ? [layer.slice(0, 1)] : []));
      expect(layers.join("")).toBe(expected);
    }
    for (const { bestMilliseconds, tileGigaflops, deviation } of timings) {
      expect(bestMilliseconds).toBeGreaterThan(0);
      expect(tileGigaflops).toBeGreaterThan(0);
      expect(deviation).toBeLessThan(1e-4);
    }
    const [table, chart] = ["md", "svg"].map((ending) => readFileSync(join(folder, `convolutions.${ending}`), "utf8"));
    expect(table).toContain("| 2: 149 x 149 x 32 to 64 | input gradient ");
    expect(chart).toContain("2: 149 x 149 x 32 to 64, input gradient");
  }, 240_000);
});

/** Runs a suite with --quick until it has written `text`, and stops it as by Ctrl-C; returns all events. */
async function quickUntil(text: string, ...args: readonly string[]): Promise<readonly Event[]> {
  const { child, ended } = startSilhouette(["bench", ...args, "--quick", "--json", "--out", folder]);
  await hasWritten(child.stdout, text);
  child.kill("SIGINT");
  const { code, stdout } = await ended;
  expect(code).toBe(130);
  return eventsOf(stdout);
}

describe("silhouette bench networks", () => {
  it("trains and runs a network on our backend, as on the others that can, and says why the others cannot", async () => {
    // In the third group's turns: the first two are MobileNetV2, which everybody can run, and whose training stock WASM cannot.
    await quickUntil('"done":9', "networks");
    const { complete, groups } = JSON.parse(readFileSync(join(folder, "networks.json"), "utf8")) as Networks;
    expect(complete).toBe(false);
    const [ours, native, stock, cpu] = ["silhouette's WASM", "tfjs-node", "stock WASM", "cpu"].map(
      (backend) => `tf.layers on ${backend}`,
    );
    const hasNative = process.env["SILHOUETTE_TFJS_NODE"] === "1";
    expect(groups.slice(0, 2).map(({ use }) => use)).toEqual(["training", "inference"]);
    for (const { use, threads, peers, missing } of groups.slice(0, 2)) {
      expect(threads).toBe(2);
      const names = [ours, ...(hasNative ? [native] : []), ...(use === "inference" ? [stock] : [])];
      expect([use, ...peers.map(({ name }) => name)]).toEqual([use, ...names]);
      for (const { bestMilliseconds, deviation } of peers) {
        expect(bestMilliseconds).toBeGreaterThan(0);
        expect(deviation).toBeLessThan(2e-2);
      }
      for (const { name, reason } of missing) {
        if (name === native) expect(reason).toContain("npm run setup -- --peers");
        if (name === stock) expect(reason).toContain("Kernel 'Conv2DBackpropFilter' not registered for backend 'wasm'");
        if (name === cpu) expect(reason).toBe("too slow for --quick");
      }
    }
    const [table, chart] = ["md", "svg"].map((ending) => readFileSync(join(folder, `networks.${ending}`), "utf8"));
    expect(table).toContain("| MobileNetV2 1.0, 96 px ");
    expect(chart).toContain(">MobileNetV2 1.0, 96 px, training, batch 8, 2 threads</text>");
  }, 600_000);
});

describe("silhouette bench browsers", () => {
  it("asks this Node.js and the first browser for their losses, which are the same", async () => {
    // This version alone: each takes half a minute.
    vi.stubEnv("SILHOUETTE_NODES", "");
    // Two steps by two kernel sets, of which this Node.js may lack one; then as many in Chromium, if it is installed.
    const events = await quickUntil('"name":"Firefox"', "browsers", "--batch", "1");
    vi.unstubAllEnvs();
    const asked = events.flatMap(({ type, name }) => (type === "benchTurn" ? [String(name)] : []));
    expect(asked[0]).toBe(`Node ${process.versions.node}`);
    const isInstalled = (process.env["SILHOUETTE_BROWSERS"] ?? "").split(",").includes("chromium");
    expect(asked.filter((name) => name === "Chromium").length).toBe(isInstalled ? 4 : 1);
    expect(events.at(-1)).toMatchObject({ type: "error", message: "Stopped by Ctrl-C" });
    expect(existsSync(join(folder, "browsers.json"))).toBe(false);
  }, 600_000);
});

describe("silhouette bench --peers", () => {
  it("refuses a name that the suite does not know, with the nearest and all that it knows", async () => {
    const ended = await silhouette(["bench", "predict", "--peers", "silhouette,pytorch"]);
    expectReadable(ended);
    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain("[UNKNOWN_PEER]");
    expect(ended.stderr.replaceAll(/\s+/g, " ")).toContain(
      "Did you mean PyTorch? Its peers are silhouette, tf.layers on silhouette's WASM, silhouette on tfjs-node,",
    );
  });
});

describe("silhouette bench --compare", () => {
  it("finds no difference beyond noise between a result and itself", async () => {
    const file = join(folder, "load.json");
    // Unless the test of the suite has run.
    if (!existsSync(file)) await quick("load", "--network", "reference", "--batch", "2", "--threads", "1");
    const ended = await silhouette(["bench", "--compare", file, file]);
    expectReadable(ended);
    expect(ended.code).toBe(0);
    expect(ended.stdout).toMatch(/^silhouette +reference +1 +2 .* 1\.000 +within noise$/m);
  }, 120_000);

  it.each([
    ["is missing", undefined, "NOT_A_RESULT"],
    ["is not JSON", "x", "NOT_A_RESULT"],
    ["is something else", '{"format":1}', "NOT_A_RESULT"],
    ["is of another version", '{"formatVersion":1,"suite":"load"}', "RESULT_VERSION"],
    ["is of another suite", '{"formatVersion":2,"suite":"preprocess"}', "RESULT_SUITE"],
  ])("ends with an error that names the file which %s", async (name, content, code) => {
    const path = join(folder, `${name}.json`);
    if (content !== undefined) writeFileSync(path, content);
    const ended = await silhouette(["bench", "--compare", path, path]);
    expectReadable(ended);
    expect(ended).toMatchObject({ code: 3, stdout: "" });
    expect(ended.stderr).toContain(`at ${path}, but`);
    expect(ended.stderr).toContain(`[${code}]`);
  });
});

describe("silhouette bench --page", () => {
  it("writes a page of all results in a folder, the fastest peer first, again and again", async () => {
    const results = join(folder, "results");
    cpSync(join(REPOSITORY, "docs", "benchmarks", "train.json"), join(results, "train.json"));
    for (let time = 0; time < 2; time++) {
      const ended = await silhouette(["bench", "--page", results]);
      expect(ended).toMatchObject({ code: 0, stdout: `${join(results, "README.md")}\n`, stderr: "" });
    }
    const page = readFileSync(join(results, "README.md"), "utf8");
    expect(page).toMatch(/^\| \*\*silhouette\*\* .*\n(\|.*\n)*\| PyTorch .*`--peers "PyTorch"` +\|$/m);
  });

  it.each([
    ["no results", {}, "NOT_A_RESULT"],
    ["something else than results", { "package.json": "{}" }, "NOT_A_RESULT"],
    ["a README.md of somebody's own", { "README.md": "# Mine\n" }, "NOT_A_PAGE"],
  ])("leaves a folder with %s as it is", async (name, files, code) => {
    const results = join(folder, name);
    mkdirSync(results);
    for (const [file, content] of Object.entries(files)) writeFileSync(join(results, file), content);
    if (code === "NOT_A_PAGE")
      cpSync(join(REPOSITORY, "docs", "benchmarks", "train.json"), join(results, "train.json"));
    const before = readdirSync(results).map((file) => readFileSync(join(results, file), "utf8"));
    const ended = await silhouette(["bench", "--page", results]);
    expectReadable(ended);
    expect(ended.code).toBe(3);
    expect(ended.stderr).toContain(`[${code}]`);
    expect(readdirSync(results).map((file) => readFileSync(join(results, file), "utf8"))).toEqual(before);
  });
});

describe("silhouette bench, misused", () => {
  it.each([
    [
      [],
      "expected a suite (preprocess, prepare, train, predict, load, convolutions, operations, networks, browsers), --compare with two files, or --page",
    ],
    [["train", "--compare", "a.json", "b.json"], "expected a suite"],
    [["--compare", "a.json"], "expected a suite"],
    [["train", "--page", "."], "expected a suite"],
    [
      ["trian"],
      "Allowed choices are preprocess, prepare, train, predict, load, convolutions, operations, networks, browsers.",
    ],
    [["train", "--batch", "8,0"], "Expected whole numbers of 1 or more"],
    [["train", "--network", "reference,tiny"], "Expected reference or compact, or both."],
    [["train", "--peers", "Keras,,"], "Expected names of peers"],
    [["train", "--threads", "two"], "Expected whole numbers of 1 or more"],
    [["train", "--quik"], "Did you mean --quick?"],
  ])("answers %j with what it expected, and exit code 2", async (args, expected) => {
    const ended = await silhouette(["bench", ...args]);
    expectReadable(ended);
    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain(expected);
  });

  it("exits immediately on Ctrl-C, and leaves no incomplete file", async () => {
    const out = join(folder, "stopped");
    const { child, ended } = startSilhouette([
      "bench",
      "train",
      "--network",
      "reference",
      "--batch",
      "8",
      "--json",
      "--out",
      out,
    ]);
    await hasWritten(child.stdout, '"benchTurn"');
    await setTimeout(500);
    child.kill("SIGINT");
    expect((await ended).code).toBe(130);
    expect(existsSync(out)).toBe(false);
  });

  it("keeps what was measured before Ctrl-C, and says that it is partial", async () => {
    const out = join(folder, "partial");
    const { child, ended } = startSilhouette([
      "bench",
      "load",
      "--batch",
      "2",
      "--threads",
      "1",
      "--peers",
      "silhouette",
      "--json",
      "--out",
      out,
    ]);
    // After the check, and the first turns of the register tile and of silhouette.
    await hasWritten(child.stdout, '"done":3');
    child.kill("SIGINT");
    const { code, stdout } = await ended;
    expect(code).toBe(130);
    const result = JSON.parse(readFileSync(join(out, "load.json"), "utf8")) as Record<string, unknown>;
    expect(result).toMatchObject({ complete: false, stopped: "Stopped by Ctrl-C" });
    expect(readFileSync(join(out, "load.md"), "utf8")).toMatch(/^\*\*Partial result: Stopped by Ctrl-C\.\*\*\n/);
    expect(eventsOf(stdout).at(-1)).toMatchObject({ type: "error", hint: `What was measured so far is in ${out}.` });
    const compared = await silhouette(["bench", "--compare", join(out, "load.json"), join(out, "load.json")]);
    expectReadable(compared);
    expect(compared.stderr).toContain("[RESULT_PARTIAL]");
  }, 120_000);
});
