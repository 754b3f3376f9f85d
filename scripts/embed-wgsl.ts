/**
 * Writes src/backends/webgpu/kernels/sources.ts from the .wgsl files beside it: browsers, bundlers and Node can all
 * import a module of strings, and none of them a .wgsl file. `--check` writes nothing and fails if it is not current.
 */
import { readFileSync, readdirSync, writeFileSync } from "node:fs";

const FOLDER = new URL("../src/backends/webgpu/kernels/", import.meta.url);
const TARGET = new URL("sources.ts", FOLDER);

/** The module's text as it should be. */
export function embeddedSources(): string {
  const names = readdirSync(FOLDER)
    .filter((name) => name.endsWith(".wgsl"))
    .sort();
  const entries = names.map((name) => `  ${JSON.stringify(name.slice(0, -".wgsl".length))}: ${literal(name)},\n`);
  return `// Written by scripts/embed-wgsl.ts from the .wgsl files of this folder: change the .wgsl files.\n\nexport const SOURCES = {\n${entries.join("")}} as const;\n`;
}

/** The file as it was embedded last. */
export function checkedInSources(): string {
  return readFileSync(TARGET, "utf8");
}

/** The text begins on a line of its own, behind a line continuation, so that lines are as wide as in the file. */
function literal(name: string): string {
  const text = readFileSync(new URL(name, FOLDER), "utf8");
  return `\`\\\n${text.replace(/[\\`]|\$\{/g, "\\$&")}\``;
}

if (import.meta.main) {
  if (!process.argv.includes("--check")) writeFileSync(TARGET, embeddedSources());
  else if (checkedInSources() !== embeddedSources()) {
    console.error("src/backends/webgpu/kernels/sources.ts is not current: run node scripts/embed-wgsl.ts");
    process.exitCode = 1;
  }
}
