import { KvCache } from "../../src/blocks/kv-cache.ts";
import { lru } from "../../src/policies/eviction/lru.ts";
import { Entry } from "../../src/scheduler/entry.ts";
import { PlanBuilder } from "../../src/scheduler/plan-builder.ts";
import { StepRecord } from "../../src/scheduler/step-record.ts";
import type { Suite } from "../bench.ts";

const BLOCK = 16;
const PROMPT = 512;
/** Steps before the requests are begun anew. */
const STEPS = 1000;

export default function (suite: Suite): void {
  for (const count of [32, 256, 1024]) {
    const [kept, rebuilt, again] = [`columns kept up to date, ${count} decodes`, `every table copied each step, ${count} decodes`, `the builder's rows made anew each step, ${count} decodes`];
    add(suite, kept, count, (bench) => bench.keep());
    add(suite, rebuilt, count, (bench) => bench.rebuild());
    add(suite, again, count, (bench) => bench.forget());
    suite.ratio(`copied / kept, ${count} decodes`, rebuilt, kept, { reference: count === 256 ? "a throw-away prototype 20 / 8.8 µs" : undefined });
  }
}

function add(suite: Suite, name: string, count: number, run: (decodes: Decodes) => void): void {
  let decodes: Decodes | undefined;
  let steps = 0;
  suite.add(name, () => run(decodes!), {
    beforeEach() {
      if (decodes === undefined || ++steps % STEPS === 0) decodes = new Decodes(count);
      decodes.advance();
    },
    afterAll() {
      decodes = undefined;
    },
  });
}

/** Running decodes whose blocks fill up in different steps, and two ways to write their columns. */
class Decodes {
  readonly #entries: readonly Entry[];
  readonly #gained: Int32Array;
  readonly #kv: KvCache;
  readonly #builder: PlanBuilder;
  readonly #record: StepRecord;

  constructor(count: number) {
    const blocks = Math.ceil((PROMPT + BLOCK + STEPS + 2) / BLOCK);
    this.#kv = new KvCache({ blockCount: count * blocks, blockSize: BLOCK, eviction: lru() });
    this.#builder = new PlanBuilder(this.#kv, { maxTokens: count, maxRequests: count, blockCount: count * blocks, hostBlockCount: 0, blockSize: BLOCK, groupCount: 1 });
    this.#record = new StepRecord(this.#builder.columns, count);
    this.#gained = new Int32Array(count);
    this.#entries = Array.from({ length: count }, (_, order) => this.#running(order, blocks * BLOCK));
    this.keep();
  }

  /** What the scheduler does before it builds: one more token each, and a block where it does not fit. */
  advance(): void {
    for (const [i, entry] of this.#entries.entries()) {
      entry.computedTokenCount++;
      entry.tokenCount++;
      this.#gained[i] = this.#kv.extend(entry.sequence!, entry.computedTokenCount, this.#record.journal);
    }
  }

  keep(): void {
    for (let i = 0; i < this.#entries.length; i++) this.#builder.place(this.#entries[i], this.#gained[i]);
    this.#builder.build(this.#record);
  }

  forget(): void {
    this.#builder.reset();
    this.keep();
  }

  /** The plain way: all columns from the requests and their tables. */
  rebuild(): void {
    const { columns } = this.#builder;
    const [group] = columns.groups;
    let at = 0;
    for (let row = 0; row < this.#entries.length; row++) {
      const entry = this.#entries[row];
      const { ids, count } = entry.sequence!.tables[0];
      const position = entry.computedTokenCount - 1;
      columns.queryIndptr[row] = row;
      columns.sampleIndptr[row] = row;
      columns.sampleRows[row] = row;
      columns.requestSlots[row] = entry.slot;
      columns.contextLengths[row] = entry.computedTokenCount;
      columns.adapterIds[row] = entry.adapterId;
      columns.tokenIds[row] = entry.lastToken;
      columns.positions[row] = position;
      group.blockIndptr[row] = at;
      group.slotMapping[row] = ids[count - 1] * BLOCK + (position % BLOCK);
      for (let index = 0; index < count; index++) group.blockIndices[at++] = ids[index];
    }
    group.blockIndptr[this.#entries.length] = at;
  }

  #running(order: number, length: number): Entry {
    const promptTokenIds = new Int32Array(length);
    const entry = new Entry({ id: order, promptTokenIds, maxTokens: 1 }, { contextLength: length + 1, order, now: 0 });
    entry.sequence = this.#kv.open({ maxTokens: length, domain: 0, cacheable: false });
    entry.slot = order;
    entry.chunk = 1;
    entry.sampleCount = 1;
    entry.computedTokenCount = PROMPT + (order % BLOCK);
    entry.tokenCount = entry.computedTokenCount;
    this.#kv.extend(entry.sequence, entry.computedTokenCount, this.#record.journal);
    return entry;
  }
}
