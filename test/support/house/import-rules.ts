/** Rules about who imports what. A rule takes files and returns one line a violation: "src/a.ts:3 …". */
import { type Import, type SourceFile } from "./source.ts";
import { MAY_IMPORT, NODE_FILES, PACKAGES, roomOf } from "./rooms.ts";

/** Rooms import only the rooms that the table grants them. */
export function importDirection(files: readonly SourceFile[]): string[] {
  return eachImport(files, (file, { target }) => {
    if (target === null) return null;
    const from = roomOf(file.path) ?? "";
    const to = roomOf(target);
    if (to === null) return `imports ${target}, which is outside src`;
    if (MAY_IMPORT[from] === undefined) return `is in "${from}", which is no room of the house`;
    return to === from || MAY_IMPORT[from].includes(to) ? null : `${from} may not import ${to} (${target})`;
  });
}

/**
 * Files of `blocks` that own or change the pool's state; policies and chunk rules get read-only views from the
 * scheduler instead.
 */
const POOL_OWNERS = /^src\/blocks\/(index|block-pool|block-table|prefix-cache|kv-cache)\.ts$/;

/** Policies and chunk rules see types and read-only views, never the pool. */
export function policiesNeverSeeThePool(files: readonly SourceFile[]): string[] {
  return eachImport(files, (file, { target }) => {
    const from = roomOf(file.path);
    if ((from !== "policies" && from !== "prefill") || target === null || !POOL_OWNERS.test(target)) return null;
    return `${from} may not see the pool (${target})`;
  });
}

/** `bstar/testing` is for tests: the library itself never needs it. */
export function nothingImportsTesting(files: readonly SourceFile[]): string[] {
  return eachImport(files, (file, { target }) =>
    target !== null && roomOf(target) === "testing" && roomOf(file.path) !== "testing"
      ? `imports testing (${target})`
      : null,
  );
}

/** `node:` only where files, sockets and processes are the subject. */
export function nodeModulesOnlyWhereAllowed(files: readonly SourceFile[]): string[] {
  return eachImport(files, (file, { specifier }) =>
    specifier.startsWith("node:") && !NODE_FILES.some((allowed) => allowed.test(file.path))
      ? `imports ${specifier}`
      : null,
  );
}

/** The core imports nothing; the few packages have their room. */
export function packagesOnlyInTheirRoom(files: readonly SourceFile[]): string[] {
  return eachImport(files, (file, { specifier, target }) => {
    if (target !== null || specifier.startsWith("node:")) return null;
    const allowed = PACKAGES[roomOf(file.path) ?? ""] ?? [];
    return allowed.includes(packageOf(specifier)) ? null : `imports the package ${packageOf(specifier)}`;
  });
}

/** What src imports is a dependency, or an optional peer of the entry that needs it. */
export function packagesAreDeclared(files: readonly SourceFile[], manifest: Manifest): string[] {
  const declared = new Set([
    ...Object.keys(manifest.dependencies ?? {}),
    ...Object.keys(manifest.peerDependencies ?? {}),
  ]);
  return eachImport(files, (_file, { specifier, target }) => {
    if (target !== null || specifier.startsWith("node:") || declared.has(packageOf(specifier))) return null;
    return `imports ${packageOf(specifier)}, which is neither in "dependencies" nor in "peerDependencies" of package.json`;
  });
}

export interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** No file reaches itself through imports; type imports count, since they couple as well. */
export function noCycles(files: readonly SourceFile[]): string[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const state = new Map<string, "open" | "done">();
  const found: string[] = [];
  const visit = (file: SourceFile, trail: readonly string[]): void => {
    state.set(file.path, "open");
    for (const { target, line } of file.imports) {
      const next = target === null ? undefined : byPath.get(target);
      if (next === undefined) continue;
      const here = [...trail, file.path];
      if (state.get(next.path) === "open") {
        found.push(
          `${file.path}:${line} closes a cycle: ${[...here.slice(here.indexOf(next.path)), next.path].join(" -> ")}`,
        );
      } else if (!state.has(next.path)) visit(next, here);
    }
    state.set(file.path, "done");
  };
  for (const file of files) if (!state.has(file.path)) visit(file, []);
  return found;
}

/** "@scope/name/sub" -> "@scope/name"; "name/sub" -> "name". */
function packageOf(specifier: string): string {
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}

function eachImport(files: readonly SourceFile[], check: (file: SourceFile, each: Import) => string | null): string[] {
  return files.flatMap((file) =>
    file.imports.flatMap((each) => {
      const complaint = check(file, each);
      return complaint === null ? [] : [`${file.path}:${each.line} ${complaint}`];
    }),
  );
}
