import type { Backend } from "../backends/backend.ts";
import { InvalidOptionError } from "../errors.ts";
import type { Model } from "../model.ts";
import { oneLine } from "./failure.ts";
import type { Io } from "./io.ts";
import type { NodeGpu } from "./webgpu-node.ts";

export const BACKENDS = ["webgpu", "reference"] as const;
export type BackendName = (typeof BACKENDS)[number];

/** What both kinds of backend are made of. */
export interface BackendSizes {
  readonly model: Model;
  readonly blockCount: number;
  readonly blockSize: number;
  readonly maxTokens: number;
  readonly maxRequests: number;
}

export type OpenBackend = (sizes: BackendSizes) => Promise<Backend>;

/** Opened once and kept for as long as the process lives: devices stop working when nothing refers to it any more. */
let openedGpu: Promise<NodeGpu> | null = null;

async function nodeGpu(): Promise<NodeGpu> {
  const { openNodeGpu } = await import("./webgpu-node.ts");
  openedGpu ??= openNodeGpu();
  return openedGpu;
}

const OPENERS: Readonly<Record<BackendName, OpenBackend>> = {
  webgpu: async (sizes) => {
    const { createWebGPUBackend } = await import("../backends/webgpu/index.ts");
    const { gpu } = await nodeGpu();
    return createWebGPUBackend({ ...sizes, gpu });
  },
  reference: async (sizes) => {
    const { createReferenceBackend } = await import("../backends/reference/index.ts");
    return createReferenceBackend(sizes);
  },
};

/**
 * The backend that was asked for, or nothing in its place. Where none was asked for: WebGPU, or else the reference, with
 * one line on standard error that says why and how to change it.
 */
export async function chooseBackend(name: BackendName | undefined, sizes: BackendSizes, io: Pick<Io, "stderr">, openers = OPENERS): Promise<Backend> {
  if (name !== undefined) return openers[name](sizes);
  try {
    return await openers.webgpu(sizes);
  } catch (error) {
    if (error instanceof InvalidOptionError) throw error;
    await io.stderr.write(fallbackLine(error instanceof Error ? error.message : String(error)));
    return openers.reference(sizes);
  }
}

/** Why the reference is used, and what to do about it. */
function fallbackLine(reason: string): string {
  return `bstar: using the slower reference backend, as WebGPU is not to be had: ${oneLine(reason)}; "bstar doctor" says more, --backend reference leaves this line out\n`;
}
