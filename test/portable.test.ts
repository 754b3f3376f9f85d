import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import { portableReport } from "./support/portable.ts";

const main = new URL("support/portable-main.ts", import.meta.url).pathname;

/** A runtime's command where it is installed. */
const RUNTIMES = [
  { name: "Deno", command: "deno", args: ["run", "--allow-read", main] },
  { name: "Bun", command: "bun", args: ["run", main] },
];

const isInstalled = (command: string): boolean => spawnSync(command, ["--version"]).status === 0;

test("the core does the same in a worker", async () => {
  const worker = new Worker(new URL("support/portable-worker.ts", import.meta.url));
  const [report] = (await once(worker, "message")) as [string];
  await worker.terminate();
  expect(report).toBe(await portableReport());
});

for (const { name, command, args } of RUNTIMES) {
  test.skipIf(!isInstalled(command))(`the core does the same under ${name} (skipped where ${command} is not on the path)`, async () => {
    const { stdout, stderr } = spawnSync(command, args, { encoding: "utf8" });
    expect(stdout.trim(), stderr).toBe(await portableReport());
  });
}
