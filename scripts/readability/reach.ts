import { relative } from "node:path";
import { type Node, type SourceFile, SyntaxKind } from "typescript/unstable/ast";
import { type Checker, type Project, type Symbol, SymbolFlags } from "typescript/unstable/sync";
import { classOf, fileIn, fileOf, nameOf, nodesOf, withProject } from "./project.ts";

/** What one method of `Scheduler` reaches in the rooms that decide. */
export interface Reach {
  readonly functions: readonly ReachedFunction[];
  readonly classes: readonly string[];
  /** Paths from the repository root. */
  readonly files: readonly string[];
  /** Distinct names of what these functions mention and the rooms declare: their own parameters and variables, too. */
  readonly names: readonly string[];
}

/** A function, method, accessor, or an arrow function in a table or a field. */
export interface ReachedFunction {
  readonly name: string;
  readonly file: string;
  /** First to last line, without the comment above. */
  readonly lineCount: number;
}

const SCHEDULER = "src/scheduler/scheduler.ts";

/** The rooms that are followed: `src/policies` is not, where each file is one choice behind an interface. */
const ROOMS = /\/src\/(?:scheduler|blocks|collections|prefill)\//;

const FUNCTIONS: ReadonlySet<SyntaxKind> = new Set([
  SyntaxKind.FunctionDeclaration,
  SyntaxKind.MethodDeclaration,
  SyntaxKind.GetAccessor,
  SyntaxKind.SetAccessor,
  SyntaxKind.ArrowFunction,
  SyntaxKind.FunctionExpression,
]);

const TABLES: ReadonlySet<SyntaxKind> = new Set([
  SyntaxKind.VariableDeclaration,
  SyntaxKind.PropertyAssignment,
  SyntaxKind.PropertyDeclaration,
]);

/**
 * Everything that `methods` of `Scheduler` reach by resolved names in the checkout at `root`, one `Reach` a method. A
 * call through an interface ends there. Constructors do not count, and a function inside another is a part of it.
 */
export function reachOf(root: string, methods: readonly string[]): Reach[] {
  return withProject(root, [SCHEDULER], (project) => {
    const file = fileIn(project, root, SCHEDULER);
    return methods.map((name) => follow(project, root, methodOf(file, name)));
  });
}

function methodOf(file: SourceFile, name: string): Node {
  const found = nodesOf(file).find((node) => node.kind === SyntaxKind.MethodDeclaration && nameOf(node) === name);
  if (found === undefined) throw new Error(`${file.fileName} has no method ${name}`);
  return found;
}

function follow(project: Project, root: string, start: Node): Reach {
  const functions = new Set<Node>();
  const names = new Set<string>();
  // A set grows while it is walked.
  const pending = new Set([start]);
  for (const node of pending) {
    const nodes = nodesOf(node);
    for (const each of nodes) if (FUNCTIONS.has(each.kind) && !isInside(each)) functions.add(each);
    for (const symbol of symbolsIn(project.checker, nodes)) {
      for (const declaration of declarationsOf(symbol, project)) {
        names.add(symbol.name);
        if (hasBody(declaration)) pending.add(declaration);
      }
    }
  }
  const classes = [...functions].map(classOf).filter((each) => each !== null);
  return {
    functions: [...functions].map((node) => describe(node, root)),
    classes: [...new Set(classes)].map((node) => nameOf(node)),
    files: [...new Set([...functions].map((node) => relative(root, fileOf(node).fileName)))].toSorted(),
    names: [...names].toSorted(),
  };
}

/** Each symbol that the nodes name, once. */
function symbolsIn(checker: Checker, nodes: readonly Node[]): Iterable<Symbol> {
  const identifiers = nodes.filter(
    ({ kind }) => kind === SyntaxKind.Identifier || kind === SyntaxKind.PrivateIdentifier,
  );
  const symbols = checker.getSymbolAtLocation(identifiers).filter((symbol) => symbol !== undefined);
  const resolved = symbols.map((symbol) =>
    (symbol.flags & SymbolFlags.Alias) === 0 ? symbol : checker.getAliasedSymbol(symbol),
  );
  return new Map(resolved.map((symbol) => [symbol.id, symbol])).values();
}

function declarationsOf(symbol: Symbol, project: Project): Node[] {
  return symbol.declarations.flatMap((handle) => (ROOMS.test(handle.path) ? (handle.resolve(project) ?? []) : []));
}

/** A function that is written out, or a table or a field with functions in it. */
function hasBody(node: Node): boolean {
  if (FUNCTIONS.has(node.kind)) return (node as { body?: Node }).body !== undefined;
  return TABLES.has(node.kind) && nodesOf(node).some(({ kind }) => FUNCTIONS.has(kind));
}

function isInside(node: Node): boolean {
  for (let outer = node.parent; outer !== undefined; outer = outer.parent) {
    if (FUNCTIONS.has(outer.kind) || outer.kind === SyntaxKind.Constructor) return true;
  }
  return false;
}

function describe(node: Node, root: string): ReachedFunction {
  const file = fileOf(node);
  const lineCount = file.text.slice(node.getStart(file), node.end).split("\n").length;
  const owner = classOf(node);
  const name = nameOf(node) || nameOf(node.parent) || "=>";
  return { name: owner === null ? name : `${nameOf(owner)}.${name}`, file: relative(root, file.fileName), lineCount };
}
