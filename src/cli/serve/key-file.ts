import { readFileSync } from "node:fs";
import type { ApiKey } from "../../server/index.ts";
import { UsageError } from "../failure.ts";

const FIELDS = { name: "name", salt: "cacheSalt", requests: "requestsPerMinute", tokens: "tokensPerMinute" } as const;

/**
 * The keys of a file: `KEY [name=NAME] [requests=N] [tokens=N] [salt=TEXT]` a line; empty lines and lines that begin
 * with # are skipped. A key without a name is called after its line. Throws `UsageError` that names file and line, and
 * no key.
 */
export function readKeyFile(file: string): ApiKey[] {
  const keys = textOf(file)
    .split("\n")
    .flatMap((text, i) => {
      const line = text.trim();
      return line === "" || line.startsWith("#") ? [] : [parseLine(line, i + 1, file)];
    });
  if (keys.length === 0) throw new UsageError(`--api-key-file: ${file} has no keys`);
  return keys;
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new UsageError(`--api-key-file: cannot read ${file} (${(error as Error).message})`);
  }
}

function parseLine(line: string, number: number, file: string): ApiKey {
  const [key, ...fields] = line.split(/\s+/);
  const refuse = (what: string): never => {
    throw new UsageError(`--api-key-file: ${file}, line ${number}: ${what}`);
  };
  const parsed: Record<string, string | number> = { name: `line-${number}` };
  for (const field of fields) {
    const [, name, value] = /^(\w+)=(.+)$/.exec(field) ?? [];
    if (name === undefined || !Object.hasOwn(FIELDS, name)) {
      return refuse(`a key is followed by ${Object.keys(FIELDS).join("=, ")}=, got "${field}"`);
    }
    const isNumber = name === "requests" || name === "tokens";
    if (isNumber && !/^[1-9]\d{0,14}$/.test(value)) return refuse(`${name} must be an integer >= 1, got "${value}"`);
    parsed[FIELDS[name as keyof typeof FIELDS]] = isNumber ? Number(value) : value;
  }
  return { key, ...parsed } as ApiKey;
}
