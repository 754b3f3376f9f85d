import { readFileSync } from "node:fs";

/** From the sources and from the build alike, package.json is two levels up. */
export function packageVersion(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
