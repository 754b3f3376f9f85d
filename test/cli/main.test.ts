/** The real process: what only a process has, such as pipes, signals and exit codes. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, openSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const command = ["src/cli/main.ts"];
const reference = ["generate", "--backend", "reference"];

function bstar(
  args: readonly string[],
  options: { input?: string; stdout?: number } = {},
): { status: number | null; stdout: string; stderr: string } {
  const { input = "", stdout = "pipe" } = options;
  return spawnSync(process.execPath, [...command, ...args], {
    cwd: root,
    input,
    encoding: "utf8",
    stdio: ["pipe", stdout, "pipe"],
  });
}

/** Starts a run that would take far longer than the test. */
function startEndless(...args: string[]): ChildProcess {
  return spawn(process.execPath, [...command, ...reference, "--max-tokens", "900", ...args], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
  });
}

function ended(child: ChildProcess): Promise<{ code: number | null; stdout: string; stderr: string }> {
  let stdout = "";
  let stderr = "";
  child.stdout!.on("data", (chunk) => void (stdout += String(chunk)));
  child.stderr!.on("data", (chunk) => void (stderr += String(chunk)));
  return new Promise((resolve) => {
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
}

test("prompts in, JSON lines out", () => {
  const { status, stdout, stderr } = bstar([...reference, "--prompts", "-", "--json", "--max-tokens", "3"], {
    input: '{"id":"a","prompt":"Once"}\n{"id":"b","prompt":"Two"}\n',
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(
    stdout
      .trimEnd()
      .split("\n")
      .map((line) => (JSON.parse(line) as { id: string }).id),
  ).toEqual(["a", "b"]);
});

test("bad usage ends with 2 and one line; nothing is on standard output", () => {
  const { status, stdout, stderr } = bstar([...reference, "--prompts", "-"], { input: '{"prompt":"x"}\n{"prompt":\n' });
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  expect(stderr).toMatch(/^bstar: standard input, line 2 is not JSON \(.*\)\n$/);
});

test("a reader that leaves ends the run quietly", async () => {
  const child = startEndless("-p", "Once upon a time", "--stop", "never to be found");
  child.stdout!.once("data", () => child.stdout!.destroy());
  const { code, stderr } = await ended(child);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
});

test.skipIf(!existsSync("/dev/full"))(
  "a full disk is one line and exit code 1 (skipped where there is no /dev/full)",
  () => {
    const { status, stderr } = bstar(["--help"], { stdout: openSync("/dev/full", "w") });
    expect(status).toBe(1);
    expect(stderr).toMatch(/^bstar: cannot write to standard output: no space is left on the device \(ENOSPC\)\n$/);
  },
);

test("Ctrl-C ends the request, what it has stays, and the exit code is 130", async () => {
  const child = startEndless("-p", "Once upon a time", "--temperature", "5");
  child.stdout!.once("data", () => child.kill("SIGINT"));
  const { code, stdout, stderr } = await ended(child);
  expect({ code, stderr }).toEqual({ code: 130, stderr: "" });
  expect(stdout).toMatch(/.\n$/);
});

test("an error that nobody catches is one line too", () => {
  const bomb = "data:text/javascript,setTimeout(() => { throw new Error('boom'); })";
  const { status, stderr } = spawnSync(process.execPath, ["--import", bomb, ...command, ...reference, "-p", "Once"], {
    cwd: root,
    encoding: "utf8",
  });
  expect({ status, stderr }).toEqual({ status: 1, stderr: "bstar: boom (unexpected: BSTAR_DEBUG=1 shows where)\n" });
});
