import { describe, expect, test } from "vitest";
import { OutputClosedError } from "../../src/cli/failure.ts";
import { run } from "../../src/cli/run.ts";
import { bstar, memoryIo } from "../support/cli-io.ts";

describe("run", () => {
  test("help and version are written to standard output, with exit code 0", async () => {
    const help = await bstar(["--help"]);
    expect(help).toMatchObject({ code: 0, err: "" });
    for (const command of ["generate", "doctor", "demo", "roofline"]) {
      expect(help.out).toContain(`\n  ${command} [options]`);
    }
    expect(await bstar(["--version"])).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
      err: "",
    });
    expect((await bstar(["generate", "--help"])).out).toContain("Examples:");
  });

  test.each<[string[], string]>([
    [["generate", "--no-such"], "bstar: unknown option '--no-such'\n"],
    [["generate", "--max-token", "5"], "bstar: unknown option '--max-token' (Did you mean --max-tokens?)\n"],
    [
      ["generate", "-p", "x", "--max-tokens", "0"],
      "bstar: option '--max-tokens <n>' argument '0' is invalid. It must be an integer >= 1.\n",
    ],
    [["generate", "-p", "x", "--max-tokens"], "bstar: option '--max-tokens <n>' argument missing\n"],
    [
      ["generate", "-p", "x", "--temperature", "hot"],
      "bstar: option '--temperature <x>' argument 'hot' is invalid. It must be a number >= 0.\n",
    ],
    [
      ["generate", "-p", "x", "--backend", "cuda"],
      "bstar: option '--backend <name>' argument 'cuda' is invalid. Allowed choices are cpu, webgpu, reference.\n",
    ],
    [["generate", "stray", "-p", "x"], "bstar: too many arguments for 'generate'. Expected 0 arguments but got 1.\n"],
    [["genrate"], "bstar: unknown command 'genrate' (Did you mean generate?)\n"],
    [["generate"], "bstar: generate needs either -p TEXT or --prompts FILE\n"],
    [["generate", "-p", "x", "--prompts", "y"], "bstar: generate needs either -p TEXT or --prompts FILE\n"],
  ])("%j is bad usage, said in one line", async (args, line) => {
    expect(await bstar(args)).toEqual({ code: 2, out: "", err: line });
  });

  test("no command at all is bad usage; the help says what there is", async () => {
    const { code, out, err } = await bstar([]);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain("generate [options]");
  });

  test("a reader that is gone ends it quietly", async () => {
    const io = memoryIo();
    io.stdout.failure = new OutputClosedError();
    expect(await run(["--help"], io)).toBe(0);
    expect(io.stderr.text).toBe("");
  });

  test("output that cannot be written is a failure", async () => {
    const io = memoryIo();
    io.stdout.failure = new Error("no space");
    expect(await run(["--help"], io)).toBe(1);
    expect(io.stderr.text).toContain("no space");
  });

  test("nowhere to write at all still has an exit code", async () => {
    const io = memoryIo();
    io.stderr.failure = new Error("gone");
    expect(await run(["generate"], io)).toBe(2);
  });
});
