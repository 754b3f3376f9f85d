/**
 * `npm run soak -- goldens`, or `npx node scripts/soak-goldens.ts MODEL…`: the goldens of every model that is here
 * under the full grid of token budgets 1..64, block sizes 1, 4, 16, and roomy and tight pools. The first difference
 * ends it with exit code 1.
 */
import { isDeepStrictEqual } from "node:util";
import {
  expectedAnswers,
  GOLDEN_MODELS,
  goldenModel,
  isHere,
  loadGoldenModel,
  runGoldens,
  type GoldenModel,
  type GoldenRun,
} from "../test/support/goldens.ts";
import { soakCount } from "../test/support/soak.ts";

const maxTokens = soakCount(200);
const names = process.argv.slice(2);

const sizes = Array.from({ length: 64 }, (_, i) => i + 1).flatMap((tokenBudget) =>
  [1, 4, 16].flatMap((blockSize) =>
    [false, true].map((tight): GoldenRun => ({ tokenBudget, blockSize, tight, maxTokens })),
  ),
);

for (const name of GOLDEN_MODELS) {
  if (names.length > 0 && !names.includes(name)) continue;
  if (isHere(name)) await soak(goldenModel(name));
  else console.log(`${name}: skipped, its files are not beside the repository`);
}

async function soak(model: GoldenModel): Promise<void> {
  const loaded = await loadGoldenModel(model);
  const expected = expectedAnswers(model.goldens, maxTokens);
  const began = performance.now();
  let preemptions = 0;
  for (const [index, run] of sizes.entries()) {
    const { answers, stats } = await runGoldens(loaded, model.goldens, run);
    preemptions += stats.preemptions;
    const wrong = answers.findIndex((answer, i) => !isDeepStrictEqual(answer, expected[i]));
    if (wrong !== -1) {
      console.error(
        `${model.name}, ${JSON.stringify(run)}: prompt ${wrong} gave ${answers[wrong].join()}, not ${expected[wrong].join()}`,
      );
      process.exitCode = 1;
      return;
    }
    if (process.stderr.isTTY) {
      process.stderr.write(
        `\r${model.name}: ${index + 1} of ${sizes.length}, ${Math.round((performance.now() - began) / 1000)} s `,
      );
    }
  }
  console.log(
    `\n${model.name}: ${sizes.length} runs of ${model.goldens.length} prompts, all as stored; ${preemptions} preemptions`,
  );
}
