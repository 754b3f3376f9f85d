import type { AdaptedPart, Adapter } from "../../model.ts";
import type { StepPlan } from "../../step.ts";
import { linear } from "./linear.ts";
import { Matrix } from "./matrix.ts";

/** Rows of a step that one adapter works on. */
interface Range {
  readonly adapter: number;
  readonly first: number;
  readonly count: number;
}

interface Pair {
  readonly a: Matrix;
  readonly b: Matrix;
  readonly scale: number;
}

/**
 * Low-rank adapters: out += scale * B · (A · x) for the rows of the requests that have one (LoRA, arXiv 2106.09685). A
 * row's sum does not depend on the other rows.
 */
export class Adapters {
  readonly count: number;
  /** By adapter and layer. */
  readonly #pairs: readonly (readonly Readonly<Partial<Record<AdaptedPart, Pair>>>[])[];
  #ranges: Range[] = [];
  #narrow = new Float64Array(0);
  #wide = new Float64Array(0);

  constructor(adapters: readonly Adapter[]) {
    this.count = adapters.length;
    this.#pairs = adapters.map(({ layers, scale }) =>
      layers.map((layer) =>
        Object.fromEntries(
          Object.entries(layer).map(([part, { a, b }]) => [part, { a: new Matrix(a), b: new Matrix(b), scale }]),
        ),
      ),
    );
  }

  /** Takes note of the plan's requests that have adapters; adapter n of the list is id n + 1. */
  begin({ adapterIds, queryIndptr, requestCount }: StepPlan): void {
    this.#ranges = [];
    for (let request = 0; request < requestCount; request++) {
      if (adapterIds[request] === 0) continue;
      const first = queryIndptr[request];
      this.#ranges.push({ adapter: adapterIds[request] - 1, first, count: queryIndptr[request + 1] - first });
    }
  }

  /** Adds the adapters' share to `out`, the product of `x` with that matrix of layer `layer`: [rows, ...] each. */
  add(out: Float64Array, x: Float64Array, layer: number, part: AdaptedPart): void {
    for (const { adapter, first, count } of this.#ranges) {
      const pair = this.#pairs[adapter][layer][part];
      if (pair !== undefined) this.#addPair(out, x, pair, first, count);
    }
  }

  #addPair(out: Float64Array, x: Float64Array, { a, b, scale }: Pair, first: number, count: number): void {
    this.#narrow = withRoom(this.#narrow, count * a.rows);
    this.#wide = withRoom(this.#wide, count * b.rows);
    linear(this.#narrow, x.subarray(first * a.columns), a, count);
    linear(this.#wide, this.#narrow, b, count);
    for (let i = 0; i < count * b.rows; i++) out[first * b.rows + i] += scale * this.#wide[i];
  }
}

function withRoom(array: Float64Array<ArrayBuffer>, length: number): Float64Array<ArrayBuffer> {
  return array.length >= length ? array : new Float64Array(length);
}
