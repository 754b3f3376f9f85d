/** The tiny checkpoints beside the repository: tests that need them are skipped where they are absent. */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const fixtures = fileURLToPath(new URL("../../../shared/fixtures/", import.meta.url));
export const noFixtures = !existsSync(fixtures);
export const ifFixtures = noFixtures ? " (skipped: ../shared/fixtures is not there)" : "";

export function readFixture(path: string): Record<string, unknown> {
  return JSON.parse(readFileSync(fixtures + path, "utf8")) as Record<string, unknown>;
}
