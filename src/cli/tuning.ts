import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Tuning, VARIANTS, type Variants } from "../backends/webgpu/index.ts";
import { cacheFolder } from "./software-adapter.ts";

/**
 * Where the tuning of an adapter is kept: a file of this user's cache folder that bears the hash of what the adapter
 * says of itself, its driver's version included.
 */
function tuningFile({ vendor, architecture, device, description }: GPUAdapterInfo, folder: string): string {
  const hash = createHash("sha256")
    .update(JSON.stringify([vendor, architecture, device, description]))
    .digest("hex");
  return join(folder, `webgpu-variants-${hash.slice(0, 16)}.json`);
}

/** Keeps what `bstar doctor --tune` found, for the commands that run on this adapter. Returns the file. */
export function writeTuning(info: GPUAdapterInfo, tuning: Tuning, folder = cacheFolder()): string {
  const file = tuningFile(info, folder);
  writeFileSync(file, JSON.stringify(tuning.variants));
  return file;
}

/** The variants that were found fastest on this adapter; undefined where none were, or those of another version. */
export function readTuning(info: GPUAdapterInfo, folder = cacheFolder()): Variants | undefined {
  try {
    const found = JSON.parse(readFileSync(tuningFile(info, folder), "utf8")) as Variants;
    return isKnown(found) ? found : undefined;
  } catch {
    return undefined;
  }
}

/** Whether every variant is one that this version has: a file of another version may name others. */
function isKnown({ linear, norm, attention }: Variants): boolean {
  const families = Object.values(VARIANTS);
  const kinds = families.flatMap((family) => family.linear);
  return (
    families.some((family) => family.norm === norm && family.attention === attention) &&
    linear.length > 0 &&
    linear.every(
      (each, i) =>
        Number.isInteger(each.mostRows) &&
        each.mostRows > (linear[i - 1]?.mostRows ?? 0) &&
        kinds.some(
          ({ kind, rows, rowGroups }) => each.kind === kind && each.rows === rows && each.rowGroups === rowGroups,
        ),
    )
  );
}
