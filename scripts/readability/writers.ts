import { relative } from "node:path";
import { type Node, SyntaxKind } from "typescript/unstable/ast";
import type { Project } from "typescript/unstable/sync";
import { classOf, fileIn, nameOf, nodesOf, withProject } from "./project.ts";

/** A class whose fields are watched, and the file that declares it. */
export interface Watched {
  readonly className: string;
  readonly file: string;
}

/** Methods of arrays and lists that change what they are called on. */
const CHANGING = new Set(["push", "pop", "set", "fill", "clear", "splice", "shift", "unshift", "sort", "reverse"]);

/**
 * The files that write each field of the watched classes, by "Class.field": assignments to the field or into it, `++`
 * and `--`, and calls that change an array or a list. What a class gives its own fields in its constructor and in setters does not
 * count. A field that nothing writes is absent.
 */
export function writersOf(root: string, start: string, watched: readonly Watched[]): ReadonlyMap<string, string[]> {
  return withProject(root, [start], (project) => {
    const fields = fieldsOf(project, root, watched);
    const writers = new Map<string, Set<string>>();
    const paths = project.program.getSourceFileNames().filter((path) => path.startsWith(`${root}src/`));
    for (const path of paths) {
      for (const node of nodesOf(fileIn(project, root, relative(root, path)))) {
        const target = targetOf(node);
        const field = target && fieldAt(target, project);
        const name = field && fields.get(field);
        if (name === undefined || name === null || isOwnConstruction(node, field!)) continue;
        const files = writers.get(name) ?? new Set();
        writers.set(name, files.add(relative(root, path)));
      }
    }
    return new Map([...writers].map(([name, files]) => [name, [...files].toSorted()]));
  });
}

/** Declaration of a field -> "Class.field". */
function fieldsOf(project: Project, root: string, watched: readonly Watched[]): ReadonlyMap<Node, string> {
  const fields = new Map<Node, string>();
  for (const { className, file } of watched) {
    for (const node of nodesOf(fileIn(project, root, file))) {
      if (node.kind !== SyntaxKind.PropertyDeclaration) continue;
      const owner = classOf(node);
      if (owner !== null && nameOf(owner) === className) fields.set(node, `${className}.${nameOf(node)}`);
    }
  }
  return fields;
}

interface Expression extends Node {
  readonly expression?: Expression;
  readonly left?: Expression;
  readonly operand?: Expression;
  readonly operator?: SyntaxKind;
  readonly operatorToken?: Node;
}

/** What the node writes: the whole left side, or what a changing method is called on. Null where it writes nothing. */
function targetOf(node: Expression): Expression | null {
  if (node.kind === SyntaxKind.BinaryExpression && isAssignment(node.operatorToken!.kind)) return base(node.left!);
  if (node.kind === SyntaxKind.PostfixUnaryExpression) return base(node.operand!);
  if (node.kind === SyntaxKind.PrefixUnaryExpression) {
    const changes = node.operator === SyntaxKind.PlusPlusToken || node.operator === SyntaxKind.MinusMinusToken;
    return changes ? base(node.operand!) : null;
  }
  const called = node.kind === SyntaxKind.CallExpression ? node.expression! : null;
  if (called?.kind !== SyntaxKind.PropertyAccessExpression || !CHANGING.has(nameOf(called))) return null;
  return base(called.expression!);
}

function isAssignment(kind: SyntaxKind): boolean {
  return kind >= SyntaxKind.FirstAssignment && kind <= SyntaxKind.LastAssignment;
}

/** `a.b[i][j]!` writes into `a.b`. */
function base(node: Expression): Expression {
  const isWrapped = node.kind === SyntaxKind.ElementAccessExpression || node.kind === SyntaxKind.NonNullExpression;
  return isWrapped ? base(node.expression!) : node;
}

/** The field that an expression names: `a.field`, or a variable that was taken out of an object by its pattern. */
function fieldAt(node: Expression, project: Project): Node | undefined {
  const { checker } = project;
  const named = node.kind === SyntaxKind.PropertyAccessExpression ? (node as { name?: Node }).name! : node;
  const declaration = checker.getSymbolAtLocation(named)?.valueDeclaration?.resolve(project);
  if (declaration?.kind !== SyntaxKind.BindingElement) return declaration;
  const property = (declaration as { propertyName?: Node }).propertyName;
  const name = (property as { text?: string } | undefined)?.text ?? nameOf(declaration);
  const type = checker.getTypeAtLocation(declaration.parent);
  return type && checker.getPropertyOfType(type, name)?.valueDeclaration?.resolve(project);
}

/** Whether a class gives its own field a value in its constructor, or in the setter for it. */
function isOwnConstruction(node: Node, field: Node): boolean {
  for (let outer: Node | undefined = node; outer !== undefined; outer = outer.parent) {
    const makes = outer.kind === SyntaxKind.Constructor || outer.kind === SyntaxKind.SetAccessor;
    if (makes) return classOf(outer) === classOf(field);
  }
  return false;
}
