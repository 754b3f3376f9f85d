import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import { workerReport } from "./support/browser-engine.ts";
import { inChromium } from "./support/chromium.ts";
import { cpuReport } from "./support/cpu-report.ts";
import { isSoak } from "./support/soak.ts";
import { portableReport } from "./support/portable.ts";

const pathOf = (name: string): string => new URL(`support/${name}.ts`, import.meta.url).pathname;

/** A runtime's command where it is installed, and what comes before the script. */
const RUNTIMES = [
  { name: "Deno", command: "deno", args: ["run", "--no-prompt", "--allow-read"] },
  { name: "Bun", command: "bun", args: ["run"] },
];

/**
 * Of logits and samples of the CPU backend, measured on Node 20 and 24, Deno 2.9, Bun 1.4 and Chromium 147: one bit
 * more or less is a bug.
 */
const CPU_HASHES = "F32 8d79cc73, BF16 5c8b20da, Q8_0 b0b17531, Q4_0 123d6d7a";

test.each([0, 1, 2])("logits of the CPU backend have their golden bits, %i threads", async (threads) => {
  expect(await cpuReport(threads)).toBe(CPU_HASHES);
});

const isInstalled = (command: string): boolean => spawnSync(command, ["--version"]).status === 0;

test("the core does the same in a worker", async () => {
  const worker = new Worker(new URL("support/portable-worker.ts", import.meta.url));
  const [report] = (await once(worker, "message")) as [string];
  await worker.terminate();
  expect(report).toBe(await portableReport());
});

test.skipIf(!isSoak).each([true, false])(
  "so do they in a page of Chromium, cross-origin isolated %s (in the soak)",
  async (isIsolated) => {
    expect(await inChromium(pathOf("cpu-report"), "module.cpuReport(2)", { isIsolated })).toBe(CPU_HASHES);
  },
);

test.skipIf(!isSoak)(
  "an engine in a Web Worker of a page of Chromium answers as in a worker thread (in the soak)",
  async () => {
    const worker = pathOf("browser-engine-worker");
    const inThread = await workerReport(new Worker(worker));
    expect(JSON.parse(inThread)).toMatchObject({
      info: { isPage: false },
      refused: "InvalidRequestError",
      heldBlocks: 0,
    });
    const expression = 'module.workerReport(new Worker("/worker.js", { type: "module" }))';
    expect(await inChromium(pathOf("browser-engine"), expression, { worker })).toBe(inThread);
  },
);

for (const { name, command, args } of RUNTIMES) {
  test.skipIf(!isInstalled(command))(
    `the core does the same under ${name} (skipped where ${command} is not on the path)`,
    async () => {
      const { stdout, stderr } = spawnSync(command, [...args, pathOf("portable-main")], { encoding: "utf8" });
      expect(stdout.trim(), stderr).toBe(await portableReport());
    },
  );

  test.skipIf(!isInstalled(command))(`so do they under ${name} (skipped where ${command} is not on the path)`, () => {
    const { stdout, stderr } = spawnSync(command, [...args, pathOf("cpu-report-main")], {
      encoding: "utf8",
      timeout: 50_000,
    });
    expect(stdout.trim(), stderr).toBe(CPU_HASHES);
  });
}
