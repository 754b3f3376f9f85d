import type { Backend } from "../backends/backend.ts";
import { DeviceUnavailableError, InvalidOptionError, UnsupportedModelError } from "../errors.ts";
import type { KvType } from "../kv-type.ts";
import type { LazyTensor, Model, Tensor } from "../model.ts";
import { oneLine } from "./failure.ts";
import type { Io } from "./io.ts";
import type { NodeGpu } from "./webgpu-node.ts";

export const BACKENDS = ["cpu", "webgpu", "reference"] as const;
export type BackendName = (typeof BACKENDS)[number];

/** What runs where no backend is asked for; for the help of commands. */
export const DEFAULT_BACKEND = "default: webgpu on a GPU, else cpu";

/** What every kind of backend is made of. */
export interface BackendSizes {
  /** In memory, or with tensors that the backend reads one by one. */
  readonly model: Model<Tensor | LazyTensor>;
  readonly blockCount: number;
  readonly blockSize: number;
  readonly maxTokens: number;
  readonly maxRequests: number;
  /** How keys and values are stored. Default what the backend does by itself. */
  readonly kv?: KvType;
}

export type OpenBackend = (sizes: BackendSizes) => Promise<Backend>;

/** How each backend is opened; `gpu` is WebGPU on a GPU, never on a software adapter. */
export type Openers = Readonly<Record<BackendName | "gpu", OpenBackend>>;

/** Opened once and kept for as long as the process lives: devices stop working when nothing refers to it any more. */
let openedGpu: Promise<NodeGpu> | null = null;

async function openWebGPU(
  sizes: BackendSizes,
  open: (module: typeof import("./webgpu-node.ts")) => Promise<NodeGpu>,
): Promise<Backend> {
  const { createWebGPUBackend } = await import("../backends/webgpu/index.ts");
  openedGpu ??= open(await import("./webgpu-node.ts"));
  try {
    const { gpu, adapter } = await openedGpu;
    const { readTuning } = await import("./tuning.ts");
    return await createWebGPUBackend({ ...sizes, gpu, variants: readTuning(adapter.info) });
  } catch (error) {
    openedGpu = null;
    throw error;
  }
}

const OPENERS: Openers = {
  gpu: (sizes) => openWebGPU(sizes, ({ openRealGpu }) => openRealGpu()),
  webgpu: (sizes) => openWebGPU(sizes, ({ openNodeGpu }) => openNodeGpu()),
  cpu: async (sizes) => {
    const { createCpuBackend } = await import("../backends/cpu/index.ts");
    return createCpuBackend(sizes);
  },
  reference: async (sizes) => {
    const { createReferenceBackend } = await import("../backends/reference/index.ts");
    return createReferenceBackend({ ...sizes, model: await inMemory(sizes.model) });
  },
};

/** For a thread that was started because there is no GPU. */
export const WITHOUT_GPU: Openers = {
  ...OPENERS,
  gpu: async () => {
    throw new DeviceUnavailableError("this thread leaves GPUs to another one");
  },
};

/**
 * The backend that was asked for, or nothing in its place. Where none was asked for: a GPU, else the CPU, else the
 * reference, with one line on standard error that says why and how to change it.
 */
export async function chooseBackend(
  name: BackendName | undefined,
  sizes: BackendSizes,
  io: Pick<Io, "stderr">,
  openers: Openers = OPENERS,
): Promise<Backend> {
  if (name !== undefined) return openers[name](sizes);
  try {
    return await openers.gpu(sizes);
  } catch (error) {
    if (error instanceof InvalidOptionError) throw error;
  }
  try {
    return await openers.cpu(sizes);
  } catch (error) {
    if (!(error instanceof DeviceUnavailableError || error instanceof UnsupportedModelError)) throw error;
    await io.stderr.write(fallbackLine(error.message));
    return openers.reference(sizes);
  }
}

/** The reference backend reads rows where they are, so it needs every tensor. */
async function inMemory(model: Model<Tensor | LazyTensor>): Promise<Model> {
  const { residentModel } = await import("../models/resident.ts");
  return residentModel(model);
}

/** Why the reference is used, and what to do about it. */
function fallbackLine(reason: string): string {
  const why = `bstar: using the slow reference backend: ${oneLine(reason)}`;
  return `${why}; "bstar doctor" says more, --backend reference leaves this line out\n`;
}
