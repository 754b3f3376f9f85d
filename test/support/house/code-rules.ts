/** Rules about what code names. A rule takes files and returns one line a violation: "src/a.ts:3 …". */
import type { SourceFile, Visit } from "./source.ts";
import { NODE_FILES, PURE_ROOMS, roomOf } from "./rooms.ts";

/** Clocks, timers, randomness and whatever answers later: arguments of the pure rooms, never fetched there. */
const IMPURE_GLOBALS = new Set([
  "Date",
  "performance",
  "crypto",
  "Promise",
  "setTimeout",
  "setInterval",
  "setImmediate",
  "queueMicrotask",
  "requestAnimationFrame",
]);

const NODE_GLOBALS = new Set(["process", "Buffer", "require", "__dirname", "__filename", "global"]);

/** Below `engine` time and randomness are arguments, and nothing waits. */
export function pureBelowEngine(files: readonly SourceFile[]): string[] {
  const pure = files.filter((file) => PURE_ROOMS.has(roomOf(file.path) ?? ""));
  return pure.flatMap((file) =>
    eachNode([file], ({ node, parent, key }) => {
      // A contract may say that what implements it answers later.
      if (node.name === "Promise" && parent?.type === "TSTypeReference" && roomOf(file.path) === "root") return null;
      if (node.type === "AwaitExpression" || node.await === true) return "await";
      if (node.async === true) return "async";
      if (isMember(node, "Math", "random")) return "Math.random";
      return isReference(node, parent, key) && IMPURE_GLOBALS.has(String(node.name)) ? String(node.name) : null;
    }),
  );
}

/** Node's globals stay in the files that may import `node:`. */
export function nodeGlobalsOnlyWhereAllowed(files: readonly SourceFile[]): string[] {
  const portable = files.filter((file) => !NODE_FILES.some((allowed) => allowed.test(file.path)));
  return portable.flatMap((file) => {
    const own = new Set(file.nodes.filter(({ key }) => BINDING_KEYS.has(key)).map(({ node }) => node.name));
    return eachNode([file], ({ node, parent, key }) => {
      const name = String(node.name);
      return isReference(node, parent, key) && NODE_GLOBALS.has(name) && !own.has(name) ? name : null;
    });
  });
}

/** Where a file gives a name a meaning of its own: parameters, declarations, imports. */
const BINDING_KEYS = new Set(["params", "id", "local"]);

/** Browsers say there how many cores they have. */
const COUNTS_CORES = "src/backends/cpu/spawn.ts";

/** One folder talks to the GPU; the others would do it without its checks. */
export function gpuOnlyInWebgpu(files: readonly SourceFile[]): string[] {
  const others = files.filter((file) => roomOf(file.path) !== "backends/webgpu" && file.path !== COUNTS_CORES);
  return eachNode(others, ({ node }) => (node.type === "Identifier" && node.name === "navigator" ? "navigator" : null));
}

/** A minifier renames classes, so each class of errors writes its `name` as a literal. */
export function errorsNameThemselves(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) =>
    file.nodes.flatMap(({ node, line }) => {
      const name = (node["id"] as { name?: string } | null | undefined)?.name;
      const parent = (node["superClass"] as { name?: string } | null | undefined)?.name;
      if (node.type !== "ClassDeclaration" || name === undefined || parent?.endsWith("Error") !== true) return [];
      return literalName(node) === name ? [] : [`${file.path}:${line} class ${name} lacks name = "${name}"`];
    }),
  );
}

/** The literal that a class gives its field `name`. */
function literalName(node: Visit["node"]): unknown {
  const { body } = node["body"] as {
    body: { type: string; key?: { name?: string }; value?: { value?: unknown } | null }[];
  };
  return body.find(({ type, key }) => type === "PropertyDefinition" && key?.name === "name")?.value?.value;
}

/** A file longer than this holds more than one thing. */
export function lengthLimit(files: readonly SourceFile[], limit: number): string[] {
  const long = files.filter((file) => file.lineCount > limit && !file.generated);
  return long.map((file) => `${file.path}:${limit + 1} goes on to line ${file.lineCount}; the limit is ${limit}`);
}

/** Identifiers that name a variable, not a property: `Date` in `new Date()`, but not in `x.Date` or `{ Date: 1 }`. */
function isReference(node: Visit["node"], parent: Visit["node"] | null, key: string): boolean {
  if (node.type !== "Identifier") return false;
  const names = (key === "property" && parent?.computed !== true) || (key === "key" && parent?.computed !== true);
  return !names;
}

function isMember(node: Visit["node"], object: string, property: string): boolean {
  const named = (field: string, name: string): boolean =>
    (node[field] as { name?: unknown } | undefined)?.name === name;
  return node.type === "MemberExpression" && named("object", object) && named("property", property);
}

function eachNode(files: readonly SourceFile[], check: (visit: Visit) => string | null): string[] {
  return files.flatMap((file) =>
    file.nodes.flatMap((visit) => {
      const name = check(visit);
      return name === null ? [] : [`${file.path}:${visit.line} uses ${name}`];
    }),
  );
}
