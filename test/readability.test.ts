/** How much a reader of the scheduler meets, and that each field has one writer. `npm run readability` prints the figures. */
import { globSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { type Reach, reachOf } from "../scripts/readability/reach.ts";
import { writersOf } from "../scripts/readability/writers.ts";

const root = fileURLToPath(new URL("../", import.meta.url));
const SCHEDULER = "src/scheduler/scheduler.ts";

/** What a method may reach. The aims are lower; a change may lower a limit, never raise it. */
interface Limits {
  readonly functions: number;
  readonly classes: number;
  readonly files: number;
  readonly names: number;
}

/** Aims: schedule 120 functions, 12 classes, about 10 files of the room and 300 names; commit 80 functions. */
const LIMITS: Readonly<Record<string, Limits>> = {
  schedule: { functions: 298, classes: 33, files: 43, names: 726 },
  commit: { functions: 149, classes: 26, files: 27, names: 431 },
};

/** Longest function of those that `schedule` and `commit` reach. */
const FUNCTION_LINES = 40;

describe("what a reader meets", () => {
  const methods = Object.keys(LIMITS);
  const reaches = reachOf(root, methods);

  test.each(methods.map((method, i) => [method, LIMITS[method], reaches[i]] as const))("%s", (_, limits, reach) => {
    expect(beyond(limits, reach)).toEqual([]);
  });

  test(`no function that they reach is longer than ${FUNCTION_LINES} lines`, () => {
    const long = reaches.flatMap(({ functions }) => functions.filter(({ lineCount }) => lineCount > FUNCTION_LINES));
    expect(long).toEqual([]);
  });
});

/** The figures that are over their limit, in words. */
function beyond(limits: Limits, reach: Reach): string[] {
  const figures = Object.keys(limits) as (keyof Limits)[];
  const over = figures.filter((figure) => reach[figure].length > limits[figure]);
  return over.map((figure) => `${reach[figure].length} ${figure}; the limit is ${limits[figure]}`);
}

describe("each field has one writer", () => {
  const classes = {
    Request: "src/request.ts",
    Sequence: "src/scheduler/sequence.ts",
    SlotColumns: "src/scheduler/slot-columns.ts",
    BlockTables: "src/blocks/block-tables.ts",
    TableGroup: "src/blocks/table-group.ts",
  };
  const watched = Object.entries(classes).map(([className, file]) => ({ className, file }));
  const writers = writersOf(root, SCHEDULER, watched);

  test("in the code", () => {
    expect([...writers].filter(([, files]) => files.length > 1)).toEqual([]);
  });

  test("as the table of src/scheduler/README.md says", () => {
    expect(Object.fromEntries(writers)).toEqual(Object.fromEntries(tableOfWriters()));
  });

  test("state: only lifecycle.ts moves a request", () => {
    const paths = globSync("src/scheduler/**/*.ts", { cwd: root }).map((path) => path.replaceAll("\\", "/"));
    const callers = paths.filter((path) => readFileSync(join(root, path), "utf8").includes(".become("));
    expect(callers).toEqual(["src/scheduler/lifecycle.ts"]);
  });
});

/** "Class.field" -> its files, from the rows `| class | fields | file |`. */
function tableOfWriters(): [string, string[]][] {
  const text = readFileSync(join(root, "src/scheduler/README.md"), "utf8");
  const rows = [...text.matchAll(/^\| `(\w+)` \| (`#?\w+`(?:, `#?\w+`)*) \| `([\w/-]+\.ts)` \|$/gm)];
  return rows.flatMap(([, owner, fields, file]) =>
    [...fields.matchAll(/#?\w+/g)].map(([field]): [string, string[]] => [`${owner}.${field}`, [`src/${file}`]]),
  );
}

describe("the measure itself", () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "reach-")));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const files: Readonly<Record<string, string>> = {
    "src/scheduler/scheduler.ts": `
      import { pick, TABLE } from "./pick.ts";
      import { outside } from "../engine/outside.ts";
      export class Scheduler {
        total = 0;
        #made = (x: number): number => x;
        schedule(): number { return pick([1].map((x) => this.#twice(x)).length) + TABLE.a(1) + this.size + outside(); }
        commit(): number { return this.#made(this.total); }
        #twice(x: number): number { return 2 * x; }
        get size(): number { return 0; }
        unreached(): void {}
      }`,
    "src/scheduler/pick.ts": `
      import { Scheduler } from "./scheduler.ts";
      export const TABLE = { a: (x: number): number => x, b(): number { return 1; } };
      export function pick(x: number): number { return x; }
      export function poke(s: Scheduler): void { const { total } = s; s.total++; void total; }`,
    "src/engine/outside.ts":
      "export function outside(): number { return deep(); }\nfunction deep(): number { return 1; }",
  };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }

  test("follows calls, getters, private methods, tables and fields; a nested arrow is a part; other rooms end it", () => {
    const [schedule, commit] = reachOf(`${folder}/`, ["schedule", "commit"]);
    const names = schedule.functions.map(({ name }) => name).toSorted();
    expect(names).toEqual(["Scheduler.#twice", "Scheduler.schedule", "Scheduler.size", "a", "b", "pick"]);
    expect(schedule.classes).toEqual(["Scheduler"]);
    expect(schedule.files).toEqual(["src/scheduler/pick.ts", "src/scheduler/scheduler.ts"]);
    expect(schedule.names).toContain("x");
    expect(schedule.names).not.toContain("outside");
    expect(commit.functions.map(({ name }) => name)).toEqual(["Scheduler.commit", "Scheduler.#made"]);
  });

  test("finds writes from outside of a class", () => {
    const watched = [{ className: "Scheduler", file: SCHEDULER }];
    expect([...writersOf(`${folder}/`, SCHEDULER, watched)]).toEqual([["Scheduler.total", ["src/scheduler/pick.ts"]]]);
  });
});
