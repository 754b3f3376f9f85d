import type { DecoderConfig } from "../../decoder.ts";
import type { Buffers } from "./buffers.ts";
import { EMBEDDING_WORKGROUP, embeddingKernel } from "./kernels/embedding.ts";
import type { Kernel } from "./kernels/kernel.ts";
import { EXPERT_COLUMNS, type ExpertRows, expertKernel, linearKernel } from "./kernels/linear.ts";
import { linearCut, workgroupRows } from "./kernels/linear-cuts.ts";
import { type Adding, type NormRows, rmsNormKernel } from "./kernels/rms-norm.ts";
import type { Store } from "./kernels/store.ts";
import type { Variants } from "./kernels/variants.ts";
import { type Launch, type LaunchSet, bind } from "./launch.ts";
import { type Part, createPart } from "./part.ts";
import type { Pipelines } from "./pipelines.ts";
import { type Shape, shapeOf } from "./shape.ts";
import type { DeviceMatrix } from "./weights.ts";

/** What launches are made of. */
export interface LauncherParts {
  readonly device: GPUDevice;
  readonly buffers: Buffers;
  readonly pipelines: Pipelines;
  readonly config: DecoderConfig;
  /** Of a step. */
  readonly columns: GPUBuffer;
  readonly variants: Variants;
}

/** Workgroups of a launch. */
export type LaunchGrid = Omit<Launch, "pipeline" | "bindGroup">;

/** One norm: which rows, with which gains, from where to where. */
export interface Norm {
  readonly rows: NormRows;
  readonly gains: GPUBuffer;
  readonly inputs: GPUBuffer;
  readonly outputs: GPUBuffer;
  readonly adding?: Adding;
  readonly firstRow?: number;
}

/** One product with the matrices of experts. */
export interface ExpertProduct {
  readonly matrix: DeviceMatrix;
  readonly inputs: GPUBuffer;
  readonly store: Store;
  readonly outputs: readonly GPUBuffer[];
  readonly choices: GPUBuffer;
  readonly rows: ExpertRows;
}

/**
 * Makes launches: compiles their kernels and binds their buffers, so that a step only sets pipelines and bind groups.
 */
export class Launcher {
  readonly shape: Shape;
  readonly #parts: LauncherParts;

  constructor(parts: LauncherParts) {
    this.#parts = parts;
    this.shape = shapeOf(parts.config);
  }

  /** One launch, however many rows. `resources`: behind the columns and the part. */
  async launch(kernel: Kernel, part: Part, resources: readonly GPUBuffer[], grid: LaunchGrid): Promise<LaunchSet> {
    return { byClass: [await this.one(kernel, part, resources, grid)] };
  }

  /** The launch of one class of rows. */
  async one(kernel: Kernel, part: Part, resources: readonly GPUBuffer[], grid: LaunchGrid): Promise<Launch> {
    const { device, pipelines, buffers, columns } = this.#parts;
    const pipeline = await pipelines.get(kernel);
    const bindGroup = bind(device, pipeline, [columns, createPart(buffers, part), ...resources]);
    return { pipeline: pipeline.pipeline, bindGroup, ...grid };
  }

  embed(table: DeviceMatrix, results: GPUBuffer, hidden: GPUBuffer): Promise<LaunchSet[]> {
    const kernel = embeddingKernel(this.shape, table.dtype, this.#parts.config.embeddingScale);
    const grid = { width: Math.ceil(this.shape.hidden / EMBEDDING_WORKGROUP), rows: 1 };
    return Promise.all(
      table.parts.map((part) => this.launch(kernel, columnsOf(part), [part.buffer, results, hidden], grid)),
    );
  }

  /** Normalizes rows of the hidden state, from sample `firstRow` on where they are samples. */
  norm({ rows, gains, inputs, outputs, adding, firstRow = 0 }: Norm): Promise<LaunchSet> {
    const kernel = rmsNormKernel(this.#parts.variants.norm, this.shape, this.#parts.config, rows, adding);
    return this.launch(kernel, { firstRow }, [gains, inputs, outputs], { width: 0, rows: 1 });
  }

  /** inputs · matrix, a launch for each part of the matrix. */
  async linear(
    matrix: DeviceMatrix,
    inputs: GPUBuffer,
    store: Store,
    outputs: readonly GPUBuffer[],
    place: Part = {},
  ): Promise<LaunchSet[]> {
    const { device, pipelines, buffers, columns, variants } = this.#parts;
    const biased = matrix.bias !== null;
    const shape = { dtype: matrix.dtype, inputs: matrix.inputs, biased };
    const cuts = variants.linear.map((each) => linearCut(each, matrix.inputs));
    const made = await Promise.all(cuts.map((cut) => pipelines.get(linearKernel(cut, shape, store))));
    const bias = matrix.bias === null ? [] : [matrix.bias];
    return matrix.parts.map((part) => {
      const own = createPart(buffers, { ...place, ...columnsOf(part) });
      const bindGroup = bind(device, made[0], [columns, own, part.buffer, inputs, ...outputs, ...bias]);
      const byClass = cuts.map((cut, i) => ({
        pipeline: made[i].pipeline,
        bindGroup,
        width: Math.ceil(part.columnCount / cut.columns),
        rows: workgroupRows(cut),
      }));
      return { byClass };
    });
  }

  /** Each row of a token's experts times the matrix of its expert, a launch for each part of the experts. */
  experts({ matrix, inputs, store, outputs, choices, rows }: ExpertProduct): Promise<LaunchSet[]> {
    const kernel = expertKernel(matrix, rows, store);
    return Promise.all(
      matrix.parts.map((part) => {
        const { firstExpert, expertCount } = part;
        const grid = { width: Math.ceil(part.columnCount / EXPERT_COLUMNS), rows: 1, repeats: rows.perToken };
        return this.launch(
          kernel,
          { ...columnsOf(part), firstExpert, expertCount },
          [part.buffer, inputs, ...outputs, choices],
          grid,
        );
      }),
    );
  }
}

function columnsOf({ firstColumn, columnCount }: Part): Part {
  return { firstColumn, columnCount };
}
