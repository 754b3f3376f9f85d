import { InvalidOptionError } from "../errors.ts";
import type { ChunkPolicy } from "./chunk-policy.ts";
import { equalProgress } from "./equal-progress.ts";
import { fcfs } from "./fcfs.ts";
import { none } from "./none.ts";
import { slo, type SloOptions } from "./slo.ts";
import { unknownName } from "../unknown-name.ts";

/** By the names that commands and the simulator take. */
export const CHUNKINGS: Readonly<Record<string, (setup: Partial<SloOptions>) => ChunkPolicy>> = {
  fcfs,
  "equal-progress": equalProgress,
  slo({ target, stepTime }) {
    if (target === undefined || stepTime === undefined) {
      throw new InvalidOptionError("chunking slo needs an inter-token target and a prediction of step times");
    }
    return slo({ target, stepTime });
  },
  none,
};

/** Throws `InvalidOptionError` that lists the names that there are. `setup`: what `slo` needs. */
export function chunkingNamed(name: string, setup: Partial<SloOptions> = {}): ChunkPolicy {
  if (Object.hasOwn(CHUNKINGS, name)) return CHUNKINGS[name](setup);
  throw unknownName("chunking", name, Object.keys(CHUNKINGS));
}
