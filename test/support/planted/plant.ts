import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { injectFaults } from "../../../src/testing/fault-injection.ts";
import type { PlantedFault } from "./faults.ts";

const SOURCES = fileURLToPath(new URL("../../../src", import.meta.url));

/** The file's text with the bug in it. Throws where `find` is not there exactly once. */
export function plantedText({ bug, file, find, put }: PlantedFault): string {
  const text = readFileSync(join(SOURCES, file), "utf8");
  const count = text.split(find).length - 1;
  if (count !== 1) {
    throw new Error(
      `"${bug}": src/${file} has its text ${count} times, not once; give it another in test/support/planted/faults.ts`,
    );
  }
  return text.replace(find, () => put);
}

/** Runs `body` with the fault injection of a copy of src that has the bug. */
export async function withPlanted<T>(
  fault: PlantedFault,
  body: (inject: typeof injectFaults) => Promise<T>,
): Promise<T> {
  const text = plantedText(fault);
  const folder = mkdtempSync(join(tmpdir(), "bstar-planted-"));
  try {
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    cpSync(SOURCES, join(folder, "src"), { recursive: true });
    writeFileSync(join(folder, "src", fault.file), text);
    const copy = (await import(pathToFileURL(join(folder, "src/testing/fault-injection.ts")).href)) as {
      injectFaults: typeof injectFaults;
    };
    return await body(copy.injectFaults);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
