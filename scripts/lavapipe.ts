/**
 * `npm run lavapipe [-- --quick] [-- NAME…]`: sets up Mesa's lavapipe (scripts/lavapipe/set-up.ts) and runs the tests
 * of scripts/lavapipe/checks.ts on it, with each family of kernels forced.
 *
 * `--quick` ends after 5 minutes and says what it left out; where lavapipe cannot be had it says why and succeeds, so
 * that CI does not depend on a network. `--env` prints the driver's environment, for other commands. Exit code 1 where
 * a test fails, 2 for bad usage.
 */
import { spawnSync } from "node:child_process";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { LAVAPIPE_CHECKS, type LavapipeCheck } from "./lavapipe/checks.ts";
import { type LavapipeEnvironment, NoLavapipeError, setUpLavapipe } from "./lavapipe/set-up.ts";
import { VARIANT_FAMILIES } from "../src/backends/webgpu/kernels/variants.ts";

/** What CI gives. */
const QUICK_SECONDS = 300;
/** The GPU's kernels first: `npm test` runs those for software on SwiftShader, too. */
const FAMILIES = VARIANT_FAMILIES.toReversed();
const root = fileURLToPath(new URL("../", import.meta.url));
const vitest = fileURLToPath(new URL("../node_modules/vitest/vitest.mjs", import.meta.url));

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: "boolean", default: false }, env: { type: "boolean", default: false } },
});
const unknown = positionals.find((name) => !LAVAPIPE_CHECKS.some((check) => check.name === name));
const driver = unknown === undefined ? found() : null;

if (unknown !== undefined) {
  console.error(`no check is called ${unknown}; there are ${LAVAPIPE_CHECKS.map(({ name }) => name).join(", ")}`);
  process.exitCode = 2;
} else if (driver !== null && values.env) {
  for (const [name, value] of Object.entries(driver)) console.log(`export ${name}='${value}'`);
} else if (driver !== null && !runAll(driver)) {
  process.exitCode = 1;
}

function found(): LavapipeEnvironment | null {
  try {
    return setUpLavapipe();
  } catch (error) {
    if (!(error instanceof NoLavapipeError)) throw error;
    console.log(`no test ran on lavapipe: ${error.message}`);
    if (!values.quick) process.exitCode = 1;
    return null;
  }
}

function runAll(env: LavapipeEnvironment): boolean {
  const end = performance.now() + 1000 * (values.quick ? QUICK_SECONDS : 24 * 3600);
  const chosen = LAVAPIPE_CHECKS.filter(({ name, quick }) =>
    positionals.length === 0 ? quick || !values.quick : positionals.includes(name),
  );
  const outcomes = FAMILIES.flatMap((family) => chosen.map((check) => runOne(check, family, env, end)));
  return outcomes.every(Boolean);
}

/** Whether the check passed, or was left out because the time is over. */
function runOne({ name, files }: LavapipeCheck, family: string, env: LavapipeEnvironment, end: number): boolean {
  const began = performance.now();
  const title = `${name} on lavapipe, kernels of the family "${family}"`;
  const timeout = Math.floor(end - began);
  if (timeout <= 0) {
    console.log(`left out: ${title}`);
    return true;
  }
  const { status, error } = spawnSync(process.execPath, [vitest, "run", ...files, "--maxWorkers=1"], {
    cwd: root,
    stdio: "inherit",
    timeout,
    env: { ...process.env, ...env, BSTAR_WEBGPU_FAMILY: family },
  });
  // Vitest ends by itself when it is told to, with an exit code: `signal` would be null then.
  const isLate = error !== undefined && "code" in error && error.code === "ETIMEDOUT";
  const outcome = isLate ? "not finished in time" : status === 0 ? "passed" : "FAILED";
  console.log(`${outcome} after ${Math.round((performance.now() - began) / 1000)} s: ${title}`);
  return isLate || status === 0;
}
