/**
 * Writes src/backends/cpu/module.ts from the AssemblyScript of src/backends/cpu/kernels: the compiled module in base64,
 * which browsers, bundlers and Node can all import, and the order of the records' fields. `--check` writes nothing and
 * fails if it is not current.
 */
import { readFileSync, writeFileSync } from "node:fs";

/** The part of the compiler that is used. Its own types would bring AssemblyScript's globals into every file here. */
interface Compiler {
  main(
    options: readonly string[],
    files: {
      readFile(name: string): string | null;
      writeFile(name: string, contents: Uint8Array | string): void;
      listFiles(): string[];
    },
  ): Promise<{ readonly error: Error | null; readonly stderr: { toString(): string } }>;
}

const COMPILER = "assemblyscript/asc";

const FOLDER = new URL("../src/backends/cpu/kernels/", import.meta.url);
const TARGET = new URL("../src/backends/cpu/module.ts", import.meta.url);

/** Shared memory up to WebAssembly's 4 GiB. No relaxed SIMD: its results differ between machines. */
const OPTIONS = [
  ["--optimizeLevel", "3"],
  ["--shrinkLevel", "0"],
  ["--noAssert"],
  ["--runtime", "stub"],
  ["--importMemory"],
  ["--sharedMemory"],
  ["--initialMemory", "1"],
  ["--maximumMemory", "65536"],
  ["--enable", "threads,simd"],
  ["--use", "abort="],
].flat();

let compiling: Promise<Uint8Array> | null = null;

/** The compiled module, compiled once a process. Rejects with what the compiler says. */
export function compileKernels(): Promise<Uint8Array> {
  compiling ??= compile();
  return compiling;
}

async function compile(): Promise<Uint8Array> {
  const { default: asc } = (await import(COMPILER)) as { default: Compiler };
  let binary: Uint8Array | string | undefined;
  const { error, stderr } = await asc.main(["main.ts", "--outFile", "kernels.wasm", ...OPTIONS], {
    readFile: (name) => read(name),
    writeFile: (_, contents) => void (binary = contents),
    listFiles: () => [],
  });
  if (error === null && binary instanceof Uint8Array) return binary;
  throw new Error(`the kernels do not compile: ${stderr.toString()}`, { cause: error });
}

/** The compiler asks for .ts files; the kernels are .as, so that TypeScript leaves them alone. */
function read(name: string): string | null {
  try {
    return readFileSync(new URL(name.replace(/\.ts$/, ".as"), FOLDER), "utf8");
  } catch {
    return null;
  }
}

/** The module's text as it should be. */
export async function moduleSource(): Promise<string> {
  const base64 = Buffer.from(await compileKernels()).toString("base64");
  const lines = base64.match(/.{1,112}/g)!.map((line) => `  "${line}",`);
  return `// Written by scripts/build-wasm.ts from the .as files of kernels/: change those.

/** The compiled kernels, base64. */
export const KERNELS: readonly string[] = [
${lines.join("\n")}
];

/** Fields of the records that the host fills, 4 bytes each, in their order in memory. */
export const RECORDS = {
${recordLines().join("\n")}
} as const;

/** Fields that are floats; the others are integers and addresses. */
export const REAL_FIELDS: readonly string[] = [
${realFields()
  .map((field) => `  "${field}",\n`)
  .join("")}];
`;
}

/** The file as it was written last. */
export function checkedInModule(): string {
  return readFileSync(TARGET, "utf8");
}

function realFields(): string[] {
  return [...layoutText().matchAll(/^ {2}(\w+): f32;$/gm)].map(([, field]) => field);
}

function layoutText(): string {
  return readFileSync(new URL("layout.as", FOLDER), "utf8");
}

/** The classes of layout.as: name and fields. */
function recordLines(): string[] {
  const text = layoutText();
  return [...text.matchAll(/export class (\w+) \{\n([\s\S]*?)\n\}/g)].map(([, name, body]) => {
    const fields = [...body.matchAll(/^ {2}(\w+): (?:i32|usize|f32);$/gm)].map(([, field]) => field);
    return `  ${name}: [\n${fields.map((field) => `    "${field}",\n`).join("")}  ],`;
  });
}

if (import.meta.main) {
  const source = await moduleSource();
  if (!process.argv.includes("--check")) writeFileSync(TARGET, source);
  else if (checkedInModule() !== source) {
    console.error("src/backends/cpu/module.ts is not current: run npx node scripts/build-wasm.ts");
    process.exitCode = 1;
  }
}
