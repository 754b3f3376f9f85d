/**
 * `npm run bench [-- FILTER…] [--save NAME]`: runs the bench files whose path contains a filter (all without one),
 * prints one table and writes it as JSON to bench/results/ (`latest.local.json`, or NAME.json to keep).
 */
import { execFileSync } from "node:child_process";
import { globSync, mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { type BenchFile, type BenchRow, Suite } from "./bench.ts";
import { formatTable } from "./table.ts";

const here = dirname(fileURLToPath(import.meta.url));

const { values, positionals } = parseArgs({ allowPositionals: true, options: { save: { type: "string" } } });
const files = findFiles(positionals);
if (files.length === 0) {
  process.stderr.write(
    `bench: no bench file matches ${positionals.map((filter) => `"${filter}"`).join(" or ") || "bench/**/*.bench.ts"}\n`,
  );
  process.exitCode = 1;
} else {
  await runAll(files, values.save ?? "latest.local");
}

function findFiles(filters: readonly string[]): string[] {
  return globSync("**/*.bench.ts", { cwd: here })
    .filter((file) => filters.length === 0 || filters.some((filter) => file.includes(filter)))
    .toSorted();
}

async function runAll(paths: readonly string[], resultName: string): Promise<void> {
  const rows: (BenchRow & { file: string })[] = [];
  for (const file of paths) {
    process.stderr.write(`bench: ${file}\n`);
    rows.push(...(await runFile(file)).map((row) => ({ file, ...row })));
  }
  const machine = describeMachine();
  process.stdout.write(
    `${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, ${machine.date}, ${machine.commit}\n\n${formatTable(rows)}\n`,
  );
  const target = join(here, "results", `${resultName}.json`);
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, `${JSON.stringify({ machine, rows }, null, 2)}\n`);
  process.stdout.write(`\nwritten to bench/${relative(here, target)}\n`);
}

async function runFile(file: string): Promise<BenchRow[]> {
  const module = (await import(pathToFileURL(join(here, file)).href)) as { default?: BenchFile; benches?: BenchFile };
  const register = module.default ?? module.benches;
  if (typeof register !== "function") throw new TypeError(`bench/${file} exports no function as default or "benches"`);
  const suite = new Suite();
  const own = (await register(suite)) ?? [];
  return [...(await suite.run()), ...own];
}

function describeMachine() {
  const processors = cpus();
  return {
    cpu: processors[0]?.model ?? "unknown CPU",
    cores: processors.length,
    node: process.versions.node,
    date: new Date().toISOString().slice(0, 10),
    commit: commit(),
  };
}

/** The commit that was measured, marked where files differ from it; says so where there is none. */
function commit(): string {
  try {
    const hash = git("rev-parse", "--short", "HEAD");
    return git("status", "--porcelain", "--untracked-files=no") === "" ? hash : `${hash} with changes`;
  } catch {
    return "no commit";
  }
}

function git(...args: string[]): string {
  return execFileSync("git", args, { cwd: here, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
}
