import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Node, type SourceFile, SyntaxKind } from "typescript/unstable/ast";
import { API, type Project } from "typescript/unstable/sync";

const COMPILER_OPTIONS = {
  target: "es2022",
  lib: ["es2023", "esnext.disposable", "dom"],
  module: "nodenext",
  allowImportingTsExtensions: true,
  noEmit: true,
  strict: true,
  skipLibCheck: true,
  types: [],
};

/** Runs `use` on the program of `files` and of all that these import. The program is gone afterwards. */
export function withProject<T>(root: string, files: readonly string[], use: (project: Project) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "readability-"));
  const config = join(folder, "tsconfig.json");
  const entries = files.map((file) => join(root, file));
  writeFileSync(config, JSON.stringify({ compilerOptions: COMPILER_OPTIONS, files: entries }));
  const api = new API({ cwd: root });
  try {
    const project = api.updateSnapshot({ openProjects: [config] }).getProject(config);
    if (project === undefined) throw new Error(`no program of ${entries.join(", ")}`);
    return use(project);
  } finally {
    api.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A file of the program, by its path from the root. */
export function fileIn(project: Project, root: string, path: string): SourceFile {
  const file = project.program.getSourceFile(join(root, path));
  if (file === undefined) throw new Error(`${path} cannot be read`);
  return file;
}

export function fileOf(node: Node): SourceFile {
  let outer = node;
  while (outer.kind !== SyntaxKind.SourceFile) outer = outer.parent;
  return outer as SourceFile;
}

/** The class around a node; null outside. */
export function classOf(node: Node): Node | null {
  let outer: Node | undefined = node.parent;
  while (outer !== undefined && outer.kind !== SyntaxKind.ClassDeclaration) outer = outer.parent;
  return outer ?? null;
}

/** The name that a declaration gives; empty where it gives none. */
export function nameOf(node: Node): string {
  return (node as { name?: { text?: string } }).name?.text ?? "";
}

/** The node and all below it, parents before children. */
export function nodesOf(node: Node): Node[] {
  const nodes = [node];
  // The list grows while it is walked.
  for (const each of nodes) each.forEachChild((child) => void nodes.push(child));
  return nodes;
}
