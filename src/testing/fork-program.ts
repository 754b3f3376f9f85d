import type { Program } from "./allocator/program.ts";
import { DRAWS, type Draft, ProgramWriter, type Setting } from "./arbitraries/program-writer.ts";
import { ALPHABETS, DOMAIN_SETS } from "./arbitraries/tricky.ts";
import type { SeededRandom } from "./seeded-random.ts";

const COMMANDS = 60;
const TEXT_LETTERS = 24;
const MAX_TAIL = 3;

/**
 * Forks are as frequent as new sequences, and steps are on their way most of the time. Most sequences go on with the
 * same text: what a step computes of a parent is then often computed for another sequence, too.
 */
const WEIGHTS: Setting["weights"] = [
  ["allocate", 4],
  ["append", 1],
  ["continue", 6],
  ["free", 2],
  ["fork", 4],
  ["lookup", 1],
  ["issue", 1],
  ["commit", 2],
  ["rollback", 1],
  ["reset", 0.2],
];

/** A program for an allocator that forks beside steps in flight: a small pool, few tokens, domains that look alike. */
export function drawForkProgram(random: SeededRandom): Program {
  const setting = drawSetting(random);
  const writer = new ProgramWriter(setting);
  return { sizes: setting.sizes, commands: Array.from({ length: COMMANDS }, () => writer.write(drawDraft(random))) };
}

function drawSetting(random: SeededRandom): Setting {
  const window = random.integer(1, 9);
  const letters = random.integer(1, 3);
  const text = Array.from({ length: TEXT_LETTERS }, () => random.integer(0, letters - 1));
  return {
    sizes: {
      blockCount: random.integer(4, 24),
      blockSize: random.pick([1, 2, 2, 3, 4]),
      maxTokens: 40,
      windows: random.pick([[null], [null], [window], [null, window]]),
      hostBlockCount: random.chance(0.3) ? random.integer(1, 8) : 0,
    },
    alphabet: random.pick(ALPHABETS).slice(0, letters),
    domains: random.pick(DOMAIN_SETS),
    texts: [text],
    weights: WEIGHTS,
    sequences: 5,
  };
}

function drawDraft(random: SeededRandom): Draft {
  const draw = (): number => random.integer(0, DRAWS - 1);
  const tail = Array.from({ length: random.integer(0, MAX_TAIL) }, () => random.integer(0, 2));
  return { kind: draw(), pick: draw(), size: draw(), tail };
}
