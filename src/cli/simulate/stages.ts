import { InvalidArgumentError } from "commander";
import type { Stage } from "../../sim/index.ts";

const MAX_RATE = 1e6;
const MAX_SECONDS = 1e6;

/** "2x60,8x60" -> 60 s at 2 requests a second, then 60 s at 8. Throws commander's `InvalidArgumentError`. */
export function parseStages(value: string): Stage[] {
  return value.split(",").map((stage) => {
    const [, rate, seconds] = /^(\d+\.?\d*)x(\d+\.?\d*)$/.exec(stage.trim()) ?? [];
    const [perSecond, duration] = [Number(rate), Number(seconds)];
    if (perSecond <= MAX_RATE && duration > 0 && duration <= MAX_SECONDS) return { rate: perSecond, seconds: duration };
    throw new InvalidArgumentError(
      `It must be RATExSECONDS, comma-separated, with a rate of at most ${MAX_RATE} and at most ` +
        `${MAX_SECONDS} seconds.`,
    );
  });
}
