/** Variants of the matrix product on the adapter at hand, at the shape of a small model's feed-forward layer. */
import { Buffers, STORAGE, USAGE } from "../../../../src/backends/webgpu/buffers.ts";
import { linearKernel } from "../../../../src/backends/webgpu/kernels/linear.ts";
import { type LinearClass, linearCut, workgroupRows } from "../../../../src/backends/webgpu/kernels/linear-cuts.ts";
import { VARIANTS } from "../../../../src/backends/webgpu/kernels/variants.ts";
import { storeResidual } from "../../../../src/backends/webgpu/kernels/store.ts";
import { isSoftware } from "../../../../src/backends/webgpu/device.ts";
import { bind, dispatch } from "../../../../src/backends/webgpu/launch.ts";
import { createPart } from "../../../../src/backends/webgpu/part.ts";
import { Pipelines } from "../../../../src/backends/webgpu/pipelines.ts";
import { type Shape, VECTOR_BYTES } from "../../../../src/backends/webgpu/shape.ts";
import { openNodeGpu } from "../../../../src/cli/webgpu-node.ts";
import type { Suite } from "../../../bench.ts";

const INPUTS = 128;
const OUTPUTS = 704;
/** Dispatches a submit: enough that the submit itself does not count. */
const REPEATS = 20;
const ROWS = [1, 3, 8, 64];

export default async function (suite: Suite): Promise<void> {
  const { adapter, gpu } = await openNodeGpu();
  const device = await adapter.requestDevice();
  const bench = { device, buffers: new Buffers(device), pipelines: new Pipelines(device) };
  const classes = VARIANTS[isSoftware(adapter.info) ? "software" : "gpu"].linear;
  for (const rows of ROWS) {
    for (const each of classes) {
      const run = await prepare(bench, each, rows);
      suite.add(`linear-${each.kind} of ${workgroupRows(each)}, ${rows} x ${INPUTS} -> ${OUTPUTS}`, run, {
        opsPerCall: REPEATS,
      });
    }
  }
  // the task refers to `gpu`, which has to outlive the device
  suite.add("an empty submit", async () => void (gpu && (await device.queue.onSubmittedWorkDone())));
}

interface Bench {
  readonly device: GPUDevice;
  readonly buffers: Buffers;
  readonly pipelines: Pipelines;
}

async function prepare(
  { device, buffers, pipelines }: Bench,
  each: LinearClass,
  rows: number,
): Promise<() => Promise<void>> {
  const cut = linearCut(each, INPUTS / 4);
  const shape = { hidden: OUTPUTS / 4 } as Shape;
  const pipeline = await pipelines.get(
    linearKernel(cut, { dtype: "F32", inputs: INPUTS / 4, biased: false }, storeResidual(shape, 1)),
  );
  const header = buffers.createFilled("columns", 18 * 4, STORAGE, (target) => new Int32Array(target).set([rows]));
  const part = createPart(buffers, { columnCount: OUTPUTS / 4 });
  const matrix = buffers.create("weights", INPUTS * OUTPUTS * 4, USAGE.STORAGE);
  const [inputs, outputs] = [INPUTS, OUTPUTS].map((size) =>
    buffers.create("activations", rows * (size / 4) * VECTOR_BYTES, USAGE.STORAGE),
  );
  const launch = {
    pipeline: pipeline.pipeline,
    bindGroup: bind(device, pipeline, [header, part, matrix, inputs, outputs]),
    width: Math.ceil(OUTPUTS / 4 / cut.columns),
    rows: workgroupRows(cut),
  };
  return async () => {
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    for (let i = 0; i < REPEATS; i++) dispatch(pass, launch, { rows, segments: 1 });
    pass.end();
    device.queue.submit([encoder.finish()]);
    await device.queue.onSubmittedWorkDone();
  };
}
