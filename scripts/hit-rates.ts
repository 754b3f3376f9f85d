/**
 * `npm run hit-rates`: block hits on Mooncake's traces by eviction policy and pool size, as the Markdown tables of
 * docs/kv-cache.md and as docs/hit-rates.svg.
 */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { renderSvg } from "../src/sim/report/render.ts";
import { CONFIG, HEIGHT, seriesEncoding, shapeEncoding, WIDTH } from "../src/sim/report/style.ts";
import {
  hitRates,
  MOONCAKE_POOLS,
  MOONCAKE_TOKENS,
  MOONCAKE_TRACES,
  mooncakeFile,
  RATED,
  readChains,
} from "../test/support/hit-rates.ts";

/** Without retained blocks `priority` is `lru`: its line would lie under that one's. */
const DRAWN = RATED.filter((name) => name !== "priority");

const panels: object[] = [];
for (const trace of MOONCAKE_TRACES) {
  const file = mooncakeFile(trace);
  if (file === null) {
    console.error(`hit-rates: ../shared/traces/mooncake_${trace}.jsonl.gz is absent`);
    process.exitCode = 1;
    continue;
  }
  const chains = await readChains(file);
  const rates = MOONCAKE_POOLS.map((blockCount) => hitRates(chains, blockCount));
  const title = `mooncake_${trace}, ${chains.length.toLocaleString("en-US")} requests`;
  console.log(`| ${title}: blocks | ${RATED.join(" | ")} |\n|---:|${"---:|".repeat(RATED.length)}`);
  for (const [index, row] of rates.entries()) {
    console.log(`| ${MOONCAKE_POOLS[index].toLocaleString("en-US")} | ${row.map(percent).join(" | ")} |`);
  }
  console.log("");
  panels.push(panel(title, rates));
}
if (panels.length > 0) {
  const target = new URL("../docs/hit-rates.svg", import.meta.url);
  writeFileSync(target, `${await renderSvg({ config: CONFIG, hconcat: panels })}\n`);
  console.error(`written to ${fileURLToPath(target)}`);
}

function percent(rate: number): string {
  return `${(100 * rate).toFixed(1)}%`;
}

function panel(title: string, rates: readonly (readonly number[])[]): object {
  const values = rates.flatMap((row, pool) =>
    row.map((rate, policy) => ({ blocks: MOONCAKE_POOLS[pool], rate, series: RATED[policy] })),
  );
  const { color, strokeDash } = seriesEncoding(DRAWN) as Record<string, object>;
  return {
    title: { text: title, fontSize: 12, fontWeight: "normal" },
    width: WIDTH / 2,
    height: HEIGHT,
    data: { values: values.filter(({ series }) => DRAWN.includes(series)) },
    encoding: {
      x: {
        field: "blocks",
        type: "quantitative",
        title: `blocks of the pool (${MOONCAKE_TOKENS} tokens each)`,
        scale: { type: "log" },
        axis: { values: MOONCAKE_POOLS, format: "~s", labelOverlap: false },
      },
      y: { field: "rate", type: "quantitative", title: "block hits", axis: { format: "%" } },
      color: { ...color, legend: { columns: DRAWN.length } },
    },
    layer: [
      { mark: { type: "line", strokeWidth: 1.5 }, encoding: { strokeDash } },
      { mark: { type: "point", filled: true, opacity: 1, size: 50 }, encoding: shapeEncoding(DRAWN) },
    ],
  };
}
