import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { bundle, wasmPath } from "./bundle.mjs";
const here = dirname(fileURLToPath(import.meta.url));
const { values, positionals } = parseArgs({ allowPositionals: true, options: { out: { type: "string" }, all: { type: "boolean" }, chunks: { type: "string", default: "8" } } });
const [variant, ...filters] = positionals;
const out = join(here, "../target/specs", "specs.cjs");
mkdirSync(dirname(out), { recursive: true });
let t = performance.now();
const files = (await bundle(out)).filter((f) => filters.length === 0 || filters.some((x) => f.includes(x)));
console.log("bundle ms", performance.now() - t | 0);
const N = Math.min(files.length, Number(values.chunks));
const chunks = Array.from({ length: N }, (_, i) => files.slice(Math.floor(i * files.length / N), Math.floor((i + 1) * files.length / N)));
const results = [];
function child(names, from) {
  return new Promise((resolve) => {
    const p = spawn(process.execPath, [join(here, "child.mjs"), out, variant, wasmPath, String(from), ...names], { stdio: ["ignore", "pipe", "pipe", "pipe"] });
    let err = "";
    p.stdout.resume(); p.stderr.on("data", (d) => { err = (err + d).slice(-4000); });
    const got = []; let running; let ended = false;
    const lines = createInterface({ input: p.stdio[3] });
    lines.on("line", (line) => {
      const m = JSON.parse(line);
      if (m.started) running = m.started;
      else if (m.done) { running = undefined; got.push({ name: m.done, status: m.status, ms: m.ms, messages: m.messages }); }
      else if (m.overall) { ended = true; if (m.overall !== "passed" && m.messages.length) console.log(m); }
      else if (m.suite) console.log("suite", m);
    });
    p.on("close", (code, signal) => resolve({ got, running, ended, code, signal, err }));
  });
}
async function runChunk(names) {
  const all = [];
  for (;;) {
    const { got, running, ended, code, signal, err } = await child(names, all.length);
    all.push(...got);
    if (ended) return all;
    console.log("crash", { code, signal, running, err: err.slice(-500) });
    if (running === undefined) { if (got.length === 0) throw new Error("no progress\n" + err); continue; }
    all.push({ name: running, status: "failed", messages: ["crash"] });
  }
}
const queue = [...chunks.entries()];
async function worker() {
  for (let next; (next = queue.shift());) {
    const t = performance.now();
    results[next[0]] = await runChunk(next[1]);
    console.log("chunk", next[0], next[1][0], results[next[0]].length, (performance.now() - t) / 1000);
  }
}
t = performance.now();
await Promise.all([worker(), worker()]);
const seen = new Map();
const specs = results.flat().map((r) => {
  const n = (seen.get(r.name) ?? 0) + 1; seen.set(r.name, n);
  return { name: n > 1 ? `${r.name} #${n}` : r.name, status: r.status, ms: r.ms, ...(r.messages?.length && { message: r.messages[0].split("\n")[0] }) };
});
const failed = specs.filter((s) => s.status === "failed");
console.log(`${variant}: ${specs.length} specs, ${failed.length} failed, ${specs.filter((s) => s.status !== "failed" && s.status !== "passed").length} other, ${((performance.now() - t) / 1000).toFixed(1)} s`);
if (values.out) writeFileSync(values.out, JSON.stringify(values.all ? specs : failed, null, 1));
else for (const f of failed) console.log(`${f.name}: ${f.message}`);
