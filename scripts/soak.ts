/**
 * `npm run soak [-- NAME…] [--count N]`: every large check at the number that it promises (scripts/soak/checks.ts), one
 * after the other. `--list` prints the table. `--count` runs another number. Prints one line a check; exit code 1 where
 * a check fails.
 */
import { spawnSync } from "node:child_process";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { SOAK_CHECKS, type SoakCheck } from "./soak/checks.ts";

const root = fileURLToPath(new URL("../", import.meta.url));
const vitest = fileURLToPath(new URL("../node_modules/vitest/vitest.mjs", import.meta.url));

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { count: { type: "string" }, list: { type: "boolean", default: false } },
});
const checks = chosen(positionals);
const count = values.count === undefined ? null : positiveInteger(values.count);

if (values.list) for (const check of checks) console.log(promise(check));
else if (!checks.map(run).every(Boolean)) process.exitCode = 1;

/** Runs one check with its own output, and says how it ended. */
function run(check: SoakCheck): boolean {
  const wanted = { ...check, count: count ?? check.count };
  const command = check.file.startsWith("test/") ? [vitest, "run", check.file] : [check.file];
  const began = performance.now();
  const { status } = spawnSync(process.execPath, command, {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, BSTAR_SOAK: String(wanted.count) },
  });
  const seconds = Math.round((performance.now() - began) / 1000);
  console.log(`soak ${status === 0 ? "passed" : "FAILED"} in ${seconds} s: ${promise(wanted)}`);
  return status === 0;
}

function promise({ name, count: number, of }: SoakCheck): string {
  return `${name}: ${number.toLocaleString("en")} ${of}`;
}

function chosen(names: readonly string[]): readonly SoakCheck[] {
  const unknown = names.find((name) => !SOAK_CHECKS.some((check) => check.name === name));
  if (unknown !== undefined) {
    usage(`no check is called ${unknown}; there are ${SOAK_CHECKS.map(({ name }) => name).join(", ")}`);
  }
  return names.length === 0 ? SOAK_CHECKS : SOAK_CHECKS.filter(({ name }) => names.includes(name));
}

function positiveInteger(text: string): number {
  const value = Number(text);
  return Number.isSafeInteger(value) && value > 0
    ? value
    : usage(`--count must be a positive whole number, got ${text}`);
}

function usage(message: string): never {
  process.stderr.write(`soak: ${message}\n`);
  process.exit(2);
}
