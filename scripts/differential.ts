/**
 * Random programs on this version of the scheduler and on another, in one process: `npm run differential -- --against
 * COMMIT [--seed FIRST] [--count N] [--speed]`. Tokens, events, outcomes, states, counts and each plan's rows have to
 * be equal; numbers of blocks and plans may differ. The other version is checked out into a git worktree, which is
 * removed at the end. Exit code 1 where programs differ; each is named with its seed and the first line that differs.
 * `--speed` measures both versions by turns instead.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import * as here from "../src/index.ts";
import { drawProgram } from "./differential/program.ts";
import { transcribe, type Version } from "./differential/run.ts";
import { compareSpeed } from "./differential/speed.ts";
import { atCommit } from "./versions/at-commit.ts";

/** Programs that differ and are shown; all are counted. */
const SHOWN = 10;

const { values } = parseArgs({
  options: {
    against: { type: "string" },
    seed: { type: "string", default: "0" },
    count: { type: "string", default: "5000" },
    speed: { type: "boolean", default: false },
  },
});
if (values.against === undefined) {
  process.stderr.write("--against COMMIT is missing: the version to compare with\n");
  process.exit(2);
}
const first = Number(values.seed);
const count = Number(values.count);
await atCommit(values.against, async (folder) => {
  const there = (await import(join(folder, "src/index.ts"))) as Version;
  if (values.speed) process.stdout.write(`${compareSpeed(here, there).join("\n")}\n`);
  else compareDecisions(there);
});

/** Prints each program that differs, and how many do. */
function compareDecisions(there: Version): void {
  let lines = 0;
  let different = 0;
  for (let seed = first; seed < first + count; seed++) {
    const program = drawProgram(seed);
    const [mine, theirs] = [transcribe(here, program), transcribe(there, program)];
    lines += mine.length;
    const at = mine.findIndex((line, i) => line !== theirs[i]);
    if (at === -1 && mine.length === theirs.length) continue;
    different++;
    if (different <= SHOWN) {
      process.stdout.write(`seed ${seed}, line ${at} differs\n  here:  ${mine[at]}\n  there: ${theirs[at]}\n`);
    }
  }
  process.stdout.write(
    `${count} programs from seed ${first}, ${lines} lines: ${different} differ from ${values.against}\n`,
  );
  if (different > 0) process.exitCode = 1;
}
