/** The bandwidth of a device's memory as copies reach it. */

const COPIES = 4;
const SUBMITS = 5;

/** Bytes a second that are read and written by copies between two buffers, the best of some. */
export async function copyBandwidth(adapter: GPUAdapter, software: boolean): Promise<number> {
  const size = software ? 2 ** 24 : 2 ** 27;
  const device = await adapter.requestDevice();
  const usage = 0x4 | 0x8; // COPY_SRC and COPY_DST: Node has no GPUBufferUsage
  const [from, to] = [0, 1].map(() => device.createBuffer({ size, usage }));
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < SUBMITS; i++) {
    const encoder = device.createCommandEncoder();
    for (let copy = 0; copy < COPIES; copy++) encoder.copyBufferToBuffer(from, 0, to, 0, size);
    const began = performance.now();
    device.queue.submit([encoder.finish()]);
    await device.queue.onSubmittedWorkDone();
    best = Math.min(best, performance.now() - began);
  }
  device.destroy();
  return (2 * COPIES * size) / (best / 1000);
}
