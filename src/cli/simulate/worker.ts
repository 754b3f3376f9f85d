import { BstarError } from "../../errors.ts";
import { keyOf, type SweepLine } from "./results-file.ts";
import { runSettings } from "./run-settings.ts";
import type { Settings } from "./settings.ts";

/** One run of a sweep, in a worker. What the run itself refuses is part of the answer: other runs go on. */
export default async function sweepRun(settings: Settings): Promise<SweepLine> {
  const key = keyOf(settings);
  try {
    return { key, ...(await runSettings(settings)) };
  } catch (error) {
    if (!(error instanceof BstarError)) throw error;
    return { key, error: { code: error.code, message: error.message } };
  }
}
