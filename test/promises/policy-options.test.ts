/** A policy's own options are checked when it is made: each error names the option and the value. */
import { expect, test } from "vitest";
import { InvalidOptionError } from "../../src/errors.ts";
import * as bstar from "../../src/index.ts";
import { shown } from "../../src/option-checks.ts";

type Maker = (value: never) => unknown;

const numbers: Record<string, Maker> = {
  fixed: (tokens) => bstar.fixed(tokens),
  watermark: (share) => bstar.watermark(share),
  estimated: (conservativeness) => bstar.estimated(conservativeness),
  "vtc promptWeight": (promptWeight) => bstar.vtc({ promptWeight }),
  "lpm ageing": (ageing) => bstar.lpm({ ageing }),
  "mlfq quantum": (quantum) => bstar.mlfq({ quantum }),
  "mlfq promoteAfter": (promoteAfter) => bstar.mlfq({ promoteAfter }),
  "dlpm quantum": (quantum) => bstar.dlpm({ quantum }),
  "measured maxTokens": (maxTokens) => bstar.measured({ maxTokens }),
  "measured target": (target) => bstar.measured({ maxTokens: 8, target }),
  "lowestPriority margin": (margin) => bstar.lowestPriority({ margin }),
  "promptLookup maxDrafts": (maxDrafts) => bstar.promptLookup({ maxDrafts }),
  "slo target": (target) => bstar.slo({ target, stepTime: () => 1 }),
};

test.each(Object.entries(numbers))("%s is a number", (_, make) => {
  for (const value of [null, "3", Number.NaN, -1, {}, true, 3n]) {
    expect(() => make(value as never), shown(value)).toThrow(InvalidOptionError);
  }
});

const objects: Record<string, Maker> = {
  vtc: bstar.vtc,
  lpm: bstar.lpm,
  mlfq: bstar.mlfq,
  dlpm: bstar.dlpm,
  measured: bstar.measured,
  lowestPriority: bstar.lowestPriority,
  promptLookup: bstar.promptLookup,
  slo: bstar.slo,
};

test.each(Object.entries(objects))("%s takes an object of its options alone", (_, make) => {
  for (const value of [null, 5, "3", true, Number.NaN]) {
    expect(() => make(value as never), shown(value)).toThrow(`options must be an object, got `);
  }
  expect(() => make({ quantom: 5 } as never)).toThrow('unknown option "quantom"; known: ');
});

test.each<[string, Maker]>([
  ["predictor", bstar.sjf],
  ["predictor", bstar.pastFuture],
  ["cost", bstar.costAware],
  ["stepTime", (stepTime) => bstar.slo({ target: 1, stepTime })],
])("%s is what it is called", (name, make) => {
  for (const value of [null, 5, "3", Number.NaN, true]) {
    expect(() => make(value as never), shown(value)).toThrow(new RegExp(`^${name} must be `));
  }
});
