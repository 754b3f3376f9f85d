import { isSoftware, requestAdapter } from "../backends/webgpu/index.ts";
import { DeviceUnavailableError, MissingPackageError } from "../errors.ts";
import {
  SOFTWARE_PACKAGE,
  type SoftwareDriver,
  findSoftwareArchive,
  hasSystemVulkan,
  loadSoftwareDriver,
  unpackSoftwareDriver,
} from "./software-adapter.ts";

/** WebGPU in Node: keep `gpu` referenced as long as its devices are used, or calls on them fail. */
export interface NodeGpu {
  readonly gpu: GPU;
  readonly adapter: GPUAdapter;
  /** For people: where the adapter comes from. */
  readonly origin: string;
}

const SOFTWARE_HINT =
  `npm install ${SOFTWARE_PACKAGE} (a software adapter, 66 MB), or install a Vulkan driver, ` +
  "for example Mesa's lavapipe 25 or newer";

/**
 * An adapter of the system, else of SwiftShader from the optional package "@sparticuz/chromium" (Linux on x64), which
 * is unpacked to this user's cache folder and loaded into this process. Throws `MissingPackageError` where the package
 * "webgpu" is not installed, `DeviceUnavailableError` where there is no adapter; both say what to install.
 */
export async function openNodeGpu(): Promise<NodeGpu> {
  const webgpu = await importWebGPU();
  const system = hasDriver() ? await open(webgpu, SYSTEM) : null;
  if (system) return system;
  const { folder } = (loaded ??= loadSoftware());
  const software = await open(webgpu, `SwiftShader of ${SOFTWARE_PACKAGE}, in ${folder}`, TRUSTED_KERNELS);
  if (software) return software;
  throw new DeviceUnavailableError(
    `WebGPU finds no adapter, not even with SwiftShader in ${folder}: install a Vulkan driver`,
  );
}

/** The driver that this process has loaded: from then on its Vulkan loader is not the system's. */
let loaded: SoftwareDriver | null = null;

function loadSoftware(): SoftwareDriver {
  const archive = findSoftwareArchive();
  if (archive === null) throw new DeviceUnavailableError(`WebGPU finds no GPU: ${SOFTWARE_HINT}`);
  const driver = unpackSoftwareDriver(archive);
  loadSoftwareDriver(driver);
  return driver;
}

/** An adapter that is a GPU. Throws `MissingPackageError`, or `DeviceUnavailableError` where all is software. */
export async function openRealGpu(): Promise<NodeGpu> {
  const system = hasDriver() ? await open(await importWebGPU(), SYSTEM) : null;
  if (system === null) throw new DeviceUnavailableError("WebGPU finds no GPU");
  if (isSoftware(system.adapter.info)) throw new DeviceUnavailableError("WebGPU finds software adapters alone");
  return system;
}

const SYSTEM = "the system's driver";

/** Whether the system may have a driver of WebGPU's kinds: Linux needs Vulkan, the others bring their own. */
function hasDriver(): boolean {
  return process.platform !== "linux" || (loaded === null && hasSystemVulkan());
}

/**
 * Leaves out checks that Dawn compiles into shaders, on the software adapter alone: a decode step of babyllama105 takes
 * 2.7 ms without them and 4.6 ms with them (docs/decisions/0002; bench/backends/webgpu/backend.bench.ts). The kernels
 * do not need them: `PackedColumns` refuses a plan that would lead one out of range, and each writes the workgroup
 * memory that it reads.
 */
const TRUSTED_KERNELS = ["enable-dawn-features=disable_robustness,disable_workgroup_init"];

type WebGPUModule = Pick<typeof import("webgpu"), "create">;

async function importWebGPU(): Promise<WebGPUModule> {
  try {
    return await import("webgpu");
  } catch (cause) {
    const isMissing = (cause as { code?: unknown }).code === "ERR_MODULE_NOT_FOUND";
    if (isMissing) {
      throw new MissingPackageError('WebGPU in Node needs the package "webgpu": npm install webgpu', { cause });
    }
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DeviceUnavailableError(
      `the package "webgpu" does not load on ${process.platform}-${process.arch}: ${reason}`,
      { cause },
    );
  }
}

async function open(
  { create }: WebGPUModule,
  origin: string,
  options: readonly string[] = [],
): Promise<NodeGpu | null> {
  const gpu = create([...options]);
  try {
    return { gpu, adapter: await requestAdapter(gpu), origin };
  } catch (error) {
    if (error instanceof DeviceUnavailableError) return null;
    throw error;
  }
}
