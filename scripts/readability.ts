/**
 * How much a reader of the scheduler meets: `npm run readability [-- --at COMMIT] [--list]`. Prints for `schedule` and
 * for `commit` the functions, classes, files and distinct names that the method reaches by resolved names in the rooms
 * scheduler, blocks, collections and prefill, and the longest functions. `--at` measures another commit in a git
 * worktree, which is removed at the end; `--list` names every function by file. test/readability.test.ts holds the figures.
 */
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Reach, reachOf } from "./readability/reach.ts";
import { atCommit } from "./versions/at-commit.ts";

const METHODS = ["schedule", "commit"];

/** Longest functions that are shown. */
const SHOWN = 8;

const { values } = parseArgs({ options: { at: { type: "string" }, list: { type: "boolean", default: false } } });
const here = fileURLToPath(new URL("../", import.meta.url));
const reaches =
  values.at === undefined
    ? reachOf(here, METHODS)
    : await atCommit(values.at, (folder): Reach[] => reachOf(folder, METHODS));
process.stdout.write(reaches.map((reach, i) => page(METHODS[i], reach)).join("\n"));

function page(method: string, { functions, classes, files, names }: Reach): string {
  const room = (name: string): number => functions.filter(({ file }) => file.startsWith(`src/${name}/`)).length;
  const rooms = ["scheduler", "blocks", "collections", "prefill"].map((name) => `${name} ${room(name)}`);
  const longest = functions.toSorted((a, b) => b.lineCount - a.lineCount).slice(0, SHOWN);
  return [
    `${method}: ${functions.length} functions (${rooms.join(", ")}), ${classes.length} classes, ` +
      `${files.length} files (${files.filter((file) => file.startsWith("src/scheduler/")).length} of scheduler), ` +
      `${names.length} names`,
    ...longest.map(({ name, file, lineCount }) => `  ${lineCount} lines: ${name} (${file})`),
    ...(values.list ? files.map((file) => `  ${file}: ${inFile(functions, file)}`) : []),
    "",
  ].join("\n");
}

function inFile(functions: Reach["functions"], file: string): string {
  const names = functions.filter((each) => each.file === file).map(({ name }) => name.split(".").at(-1));
  return `${names.length}: ${names.join(" ")}`;
}
