import { MissingPackageError } from "../../errors.ts";
import type { ChartSpec } from "./report-run.ts";

/**
 * The chart as SVG text. Needs the optional packages vega and vega-lite, no browser; rejects with `MissingPackageError`
 * without them.
 */
export async function renderSvg(spec: ChartSpec): Promise<string> {
  const { vega, vegaLite } = await packages();
  const { spec: compiled } = vegaLite.compile({
    $schema: "https://vega.github.io/schema/vega-lite/v6.json",
    ...spec,
  } as never);
  const view = new vega.View(vega.parse(compiled), { renderer: "none", logLevel: vega.Error });
  try {
    return withTips(await view.toSVG());
  } finally {
    view.finalize();
  }
}

/** A mark's description is also what a pointer shows over it: SVG's own tooltip, which needs no script. */
function withTips(svg: string): string {
  return svg.replace(
    /<path aria-label="([^"]*)" role="graphics-symbol" aria-roledescription="point"([^>]*)\/>/g,
    (path, tip) => `${path.slice(0, -2)}><title>${tip}</title></path>`,
  );
}

/** Rejects with `MissingPackageError` where a report could not be drawn. */
export async function assertCanRender(): Promise<void> {
  await packages();
}

async function packages() {
  try {
    return { vega: await import("vega"), vegaLite: await import("vega-lite") };
  } catch (error) {
    throw new MissingPackageError("a report needs the packages vega and vega-lite: npm install vega vega-lite", {
      cause: error,
    });
  }
}
