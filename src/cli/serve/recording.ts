import { appendFileSync, existsSync } from "node:fs";
import { UsageError } from "../failure.ts";
import type { Io } from "../io.ts";
import { writing } from "../simulate/writing.ts";

/** A recording has one random key and one origin of time, so that it needs a file of its own. Throws `UsageError`. */
export function checkRecording(file: string | undefined): void {
  if (file !== undefined && existsSync(file)) {
    throw new UsageError(`--record: ${file} is there already; a recording needs a file of its own`);
  }
}

/** Takes lines to the file. Where one cannot be written, the recording ends with a warning and the server goes on. */
export function recordTo(file: string, { stderr }: Pick<Io, "stderr">): (line: string) => void {
  let isOver = false;
  return (line) => {
    if (isOver) return;
    try {
      writing(file, () => appendFileSync(file, `${line}\n`));
    } catch (error) {
      isOver = true;
      // A closed standard error must not end the server.
      stderr.write(`bstar: the recording ends here: ${(error as Error).message}\n`).catch(() => {});
    }
  };
}
