import { expect, test } from "vitest";
import { tableCases } from "../../../src/testing/backend-cases/tables.ts";
import { randomModel } from "../../../src/testing/index.ts";
import { type Fault, faulty, onPlan, runCase } from "../../support/faulty-backend.ts";

const windowed = randomModel(4, { layers: [null, 6].map((window) => ({ window, rope: 0, experts: false })) });

/** The second group's ring is a table that begins with the first block in sight. */
const ignoresFirst: Fault = onPlan((plan) => {
  const [full, ring] = plan.groups;
  const tables = ring.tables.map((_, i) => ring.tables[i - (i % ring.stride)]);
  return { ...plan, groups: [full, { ...ring, tables }] };
});

/** Tables are as they were when a slot had a row last. */
const keepsOldTables: Fault = (right) => {
  let tables: Int32Array = new Int32Array();
  return {
    execute: (plan) => {
      const [group] = plan.groups;
      if (group.tables.length !== tables.length) tables = group.tables.slice();
      const slots = new Set(plan.requestSlots.subarray(0, plan.requestCount));
      for (let i = 0; i < group.changeCount; i++) {
        const [slot, first, end] = group.changes.subarray(3 * i, 3 * i + 3);
        if (!slots.has(slot)) continue;
        const [from, to] = [slot * group.stride + first, slot * group.stride + end];
        tables.set(group.tables.subarray(from, to), from);
      }
      return right.execute({ ...plan, groups: [{ ...group, tables }] });
    },
  };
};

test("a table begins where its window does: a backend that reads from block 0 is found out", async () => {
  await expect(runCase(tableCases, tableCases[0].name, faulty(ignoresFirst, windowed))).rejects.toThrow(
    /logit|block|table/,
  );
});

test("tables of slots without a row: a backend that forgets their changes is found out", async () => {
  await expect(runCase(tableCases, tableCases[1].name, faulty(keepsOldTables))).rejects.toThrow(/logit|block|table/);
});

test.each(tableCases)("$name: a right backend passes", async ({ name }) => {
  await runCase(
    tableCases,
    name,
    faulty(() => ({}), windowed),
  );
});
