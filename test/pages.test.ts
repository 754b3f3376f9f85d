/** What the pages of docs/ name exists: files, functions and the reasons of a deferral. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { declaredNames } from "./support/house/declared-names.ts";
import { MAY_IMPORT } from "./support/house/rooms.ts";
import { parseSource, readSource } from "./support/house/source.ts";

const root = fileURLToPath(new URL("../", import.meta.url));
const pages = globSync("{README,CONTRIBUTING,CHANGELOG,docs/**/*,src/**/*}.md", { cwd: root }).map((path) =>
  path.replaceAll("\\", "/"),
);

function textOf(path: string): string {
  return readFileSync(`${root}${path}`, "utf8");
}

/** Links of a page to files, relative to the root, with their texts. */
function linksOf(page: string): { text: string; target: string }[] {
  const prose = textOf(page).replaceAll(/```[\s\S]*?```/g, "");
  return [...prose.matchAll(/\[([^\]]*)\]\(([^)#\s]+)(?:#[^)]*)?\)/g)]
    .filter(([, , target]) => !/^\w+:/.test(target))
    .map(([, text, target]) => ({ text, target: posix.join(posix.dirname(page), target) }));
}

test.each(pages)("%s links to files that exist", (page) => {
  expect(linksOf(page).filter(({ target }) => !existsSync(`${root}${target}`))).toEqual([]);
});

describe("links that name a function, a class or a type name what their file declares", () => {
  const names = pages.flatMap((page) =>
    linksOf(page).flatMap(({ text, target }) => {
      const name = /^`(#?[A-Za-z]\w*(?:\.#?\w+)?)(?:\(\))?`$/.exec(text)?.[1];
      return name === undefined || !/^src\/.*\.ts$/.test(target) ? [] : [{ page, name, target }];
    }),
  );

  test("in every page", () => {
    const missing = names.filter(({ name, target }) => !declaredNames(readSource(root, target)).has(name));
    expect(missing).toEqual([]);
  });

  test("docs/trace-a-token.md has many of them", () => {
    expect(names.filter(({ page }) => page === "docs/trace-a-token.md").length).toBeGreaterThan(30);
  });

  test("declaredNames finds functions, classes with their members, types and re-exports", () => {
    const text = `export function f() {} class A { b = 1; #c() {} get d() { return 1; } }
      interface I { e(): void } const g = 1; export { H } from "./h.ts"; type T = 1;`;
    const declared = ["f", "A", "A.b", "A.#c", "A.d", "I", "I.e", "g", "H", "T"];
    expect([...declaredNames(parseSource("src/a.ts", text))].toSorted()).toEqual(declared.toSorted());
  });
});

test("docs/architecture.md has a line for each room", () => {
  const named = new Set(
    [...textOf("docs/architecture.md").matchAll(/`([\w/-]+)`(?=[^\n]* \| )/g)].map(([, name]) => name),
  );
  const rooms = Object.keys(MAY_IMPORT).filter((room) => !["root", "index", "backend"].includes(room));
  expect(rooms.filter((room) => !named.has(room))).toEqual([]);
});

test("docs/scheduler.md explains each reason of a deferral", () => {
  const inCode = textOf("src/scheduler/sequence.ts").matchAll(/\| \{ readonly reason: "([a-z-]+)"/g);
  const page = textOf("docs/scheduler.md");
  const table = page.slice(page.indexOf("| `reason` |"));
  const inPage = table.slice(0, table.indexOf("\n\n")).matchAll(/^\| `([a-z-]+)` \| (?:`\w+`)? ?\|/gm);
  const reasons = [...inPage].map(([, reason]) => reason).filter((reason) => reason !== "reason");
  expect(reasons.toSorted()).toEqual([...inCode].map(([, reason]) => reason).toSorted());
});

test("docs/architecture.md has a line for each room", () => {
  const named = new Set(
    [...textOf("docs/architecture.md").matchAll(/`([\w/-]+)`(?=[^\n]* \| )/g)].map(([, name]) => name),
  );
  const rooms = Object.keys(MAY_IMPORT).filter((room) => !["root", "index", "backend"].includes(room));
  expect(rooms.filter((room) => !named.has(room))).toEqual([]);
});

test("docs/scheduler.md explains each lane", () => {
  const union = /export type Lane = (.*);/.exec(textOf("src/scheduler/lanes.ts"))![1];
  const lanes = [...union.matchAll(/"(\w+)"/g)].map(([, lane]) => lane);
  const page = textOf("docs/scheduler.md");
  expect(lanes.filter((lane) => !page.includes(`\n| \`${lane}\` | `))).toEqual([]);
});
