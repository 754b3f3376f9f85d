import type { Node, SourceFile } from "./source.ts";

const DECLARATIONS = new Set([
  "FunctionDeclaration",
  "ClassDeclaration",
  "TSInterfaceDeclaration",
  "TSTypeAliasDeclaration",
  "VariableDeclarator",
]);

const MEMBERS = new Set(["MethodDefinition", "PropertyDefinition", "TSMethodSignature", "TSPropertySignature"]);

/** Names that a file declares or exports; members as "Class.member". */
export function declaredNames(file: SourceFile): ReadonlySet<string> {
  const names = new Set<string>();
  const owners = new Map<Node, string>();
  for (const { node, parent } of file.nodes) {
    if (DECLARATIONS.has(node.type)) {
      const name = identifier(node["id"]);
      if (name !== null) names.add(name);
      if (name !== null && node["body"] !== undefined) owners.set(node["body"] as Node, name);
    }
    if (node.type === "ExportSpecifier") names.add(identifier(node["exported"]) ?? "");
    const owner = parent === null ? undefined : owners.get(parent);
    if (owner !== undefined && MEMBERS.has(node.type)) names.add(`${owner}.${identifier(node["key"])}`);
  }
  return names;
}

function identifier(node: unknown): string | null {
  const { type, name } = (node ?? {}) as { type?: string; name?: string };
  if (name === undefined) return null;
  return type === "PrivateIdentifier" ? `#${name}` : name;
}
