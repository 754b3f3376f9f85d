/** The package as npm and its users find it: its command, its fields, and code in its pages. */
import { execFile } from "node:child_process";
import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  readonly bin: { readonly bstar: string };
  readonly files: readonly string[];
  readonly scripts: Readonly<Record<string, string>>;
} & Readonly<Record<string, unknown>>;

describe("the command", () => {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "bstar-package-"));
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    cpSync(join(root, "bin"), join(folder, "bin"), { recursive: true });
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** Exit code, stdout and stderr. */
  const run = (...args: string[]): Promise<[number, string, string]> =>
    new Promise((resolve) => {
      execFile(process.execPath, [join(folder, manifest.bin.bstar), ...args], (error, out, err) =>
        resolve([error === null ? 0 : Number(error.code), out, err]),
      );
    });

  test("is a file of the checkout, not of a build; without a build it says what to do", async () => {
    expect(await run()).toEqual([1, "", expect.stringMatching(/^bstar: this checkout has no build: run "npm ci"/)]);
  });

  test("runs the build where there is one, with its arguments", async () => {
    mkdirSync(join(folder, "dist/cli"), { recursive: true });
    writeFileSync(join(folder, "dist/cli/main.js"), "process.stdout.write(process.argv.slice(2).join());");
    expect(await run("a", "b")).toEqual([0, "a,b", ""]);
  });
});

test("package.json says where the project lives, and packing builds it", () => {
  for (const field of ["repository", "homepage", "bugs", "keywords"]) expect(manifest[field], field).toBeTruthy();
  expect(manifest.scripts["prepack"]).toBe("npm run build");
  expect(manifest.files).toEqual(expect.arrayContaining(["bin", "dist"]));
});

test("code in pages runs on every Node that the package supports: none of it says `await using`", () => {
  for (const page of ["README.md", ...globSync("docs/**/*.md", { cwd: root })]) {
    const code = readFileSync(join(root, page), "utf8").match(/^```[\s\S]*?^```/gm) ?? [];
    expect(
      code.filter((block) => block.includes("await using")),
      page,
    ).toEqual([]);
  }
});
