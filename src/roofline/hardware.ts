import {
  A100_EFFICIENCY,
  DATASHEET_EFFICIENCY,
  HOPPER_EFFICIENCY,
  MEAN_EFFICIENCY,
  RTX_4090_EFFICIENCY,
} from "./efficiency.ts";
import type { Gpu, Link } from "./gpu.ts";
import { unknownName } from "../unknown-name.ts";

const GIB = 2 ** 30;
const TERA = 1e12;
const GIGA = 1e9;

/**
 * An all-reduce of a few tokens: NCCL's latency inside one machine, and what each GPU beyond two adds (H100, 4 and 8 of
 * them).
 */
const LATENCY = { latencySeconds: 10e-6, latencySecondsPerGpu: 1e-6 };

/** Share of NVLink that an all-reduce of a prompt's activations reaches: H100 and H200 with 2 to 8 GPUs. */
const NVLINK_SHARE = 0.622;

/** PCIe between GPUs that reach each other's memory: one run of two RTX PRO 6000. */
const PCIE_SHARE = 0.2;

/** PCIe where they do not, as on GeForce boards and in AWS G5: all goes through host memory. One run of two A10G. */
const PCIE_BY_HOST_SHARE = 0.07;

const PCIE4_RATE = 32 * GIGA;

/** One direction of a x16 slot. */
const PCIE3: Link = { bytesPerSecond: 16 * GIGA, share: PCIE_SHARE, ...LATENCY };
export const PCIE4: Link = { bytesPerSecond: PCIE4_RATE, share: PCIE_SHARE, ...LATENCY };
const PCIE4_BY_HOST: Link = { bytesPerSecond: PCIE4_RATE, share: PCIE_BY_HOST_SHARE, ...LATENCY };
const PCIE5: Link = { bytesPerSecond: 64 * GIGA, share: PCIE_SHARE, ...LATENCY };
const PCIE5_BY_HOST: Link = { bytesPerSecond: 64 * GIGA, share: PCIE_BY_HOST_SHARE, ...LATENCY };

/** NVLink 3 of A100: 600 GB/s both directions together; NVLink 4 of H100 and H200: 900. */
const NVLINK3: Link = { bytesPerSecond: 300 * GIGA, share: NVLINK_SHARE, ...LATENCY };
const NVLINK4: Link = { bytesPerSecond: 450 * GIGA, share: NVLINK_SHARE, ...LATENCY };

/**
 * NVLink 5 of B200: 1,800 GB/s; Infinity Fabric of MI300X (896) and MI355X (1,075). The share of NVLink 4 is assumed.
 */
const NVLINK5: Link = { bytesPerSecond: 900 * GIGA, share: NVLINK_SHARE, ...LATENCY };
const INFINITY_FABRIC3: Link = { bytesPerSecond: 448 * GIGA, share: NVLINK_SHARE, ...LATENCY };
const INFINITY_FABRIC4: Link = { bytesPerSecond: 537 * GIGA, share: NVLINK_SHARE, ...LATENCY };

/** Thunderbolt 5, one direction, between Macs. */
const THUNDERBOLT5: Link = { bytesPerSecond: 10 * GIGA, share: PCIE_BY_HOST_SHARE, ...LATENCY };

const OWNED_MAC = "a MacBook Pro of about 4,000 dollars over three years; power is left out";

const LAMBDA_2025 = "Lambda Cloud on-demand, a GPU, 2025";
const RUNPOD_2025 = "RunPod secure cloud, 2025";

const CATALOGUE: readonly Gpu[] = [
  {
    name: "a10",
    flops: { fp16: 125 * TERA, int8: 250 * TERA },
    bytesPerSecond: 600 * GIGA,
    memoryBytes: 24 * GIB,
    link: PCIE4,
    dollarsPerHour: 0.6,
    efficiency: MEAN_EFFICIENCY,
    source: "NVIDIA A10 datasheet",
    priceSource: "Lambda Cloud on-demand, 2023 (the price of the talk's 15 dollars a day)",
  },
  {
    name: "a10g",
    flops: { fp16: 70 * TERA, int8: 140 * TERA },
    bytesPerSecond: 600 * GIGA,
    memoryBytes: 24 * GIB,
    link: PCIE4_BY_HOST,
    dollarsPerHour: 1.006,
    efficiency: MEAN_EFFICIENCY,
    source: "NVIDIA A10G datasheet (AWS G5)",
    priceSource: "AWS g5.xlarge, on-demand, us-east-1",
  },
  {
    name: "a100-40gb",
    flops: { fp16: 312 * TERA, int8: 624 * TERA },
    bytesPerSecond: 1555 * GIGA,
    memoryBytes: 40 * GIB,
    link: NVLINK3,
    dollarsPerHour: 1.29,
    efficiency: A100_EFFICIENCY,
    source: "NVIDIA A100 datasheet, SXM 40 GB",
    priceSource: LAMBDA_2025,
  },
  {
    name: "a100-80gb",
    flops: { fp16: 312 * TERA, int8: 624 * TERA },
    bytesPerSecond: 2039 * GIGA,
    memoryBytes: 80 * GIB,
    link: NVLINK3,
    dollarsPerHour: 1.79,
    efficiency: A100_EFFICIENCY,
    source: "NVIDIA A100 datasheet, SXM 80 GB",
    priceSource: LAMBDA_2025,
  },
  {
    name: "h100",
    flops: { fp16: 989.4 * TERA, int8: 1978.9 * TERA, fp8: 1978.9 * TERA },
    bytesPerSecond: 3350 * GIGA,
    memoryBytes: 80 * GIB,
    link: NVLINK4,
    dollarsPerHour: 2.99,
    efficiency: HOPPER_EFFICIENCY,
    source: "NVIDIA H100 architecture white paper, SXM5, dense",
    priceSource: LAMBDA_2025,
  },
  {
    name: "h200",
    flops: { fp16: 989.4 * TERA, int8: 1978.9 * TERA, fp8: 1978.9 * TERA },
    bytesPerSecond: 4800 * GIGA,
    memoryBytes: 141 * GIB,
    link: NVLINK4,
    dollarsPerHour: 3.59,
    efficiency: HOPPER_EFFICIENCY,
    source: "NVIDIA H200 datasheet, SXM",
    priceSource: "RunPod, March 2026",
  },
  {
    name: "l4",
    flops: { fp16: 121 * TERA, int8: 242 * TERA, fp8: 242 * TERA },
    bytesPerSecond: 300 * GIGA,
    memoryBytes: 24 * GIB,
    link: PCIE4,
    dollarsPerHour: 0.8048,
    efficiency: MEAN_EFFICIENCY,
    source: "NVIDIA L4 datasheet (half of the figures with sparsity)",
    priceSource: "AWS g6.xlarge, on-demand, us-east-1",
  },
  {
    name: "l40s",
    flops: { fp16: 362 * TERA, int8: 733 * TERA, fp8: 733 * TERA },
    bytesPerSecond: 864 * GIGA,
    memoryBytes: 48 * GIB,
    link: PCIE4,
    dollarsPerHour: 1.861,
    efficiency: MEAN_EFFICIENCY,
    source: "NVIDIA L40S datasheet, dense",
    priceSource: "AWS g6e.xlarge, on-demand, us-east-1",
  },
  {
    name: "t4",
    flops: { fp16: 65 * TERA, int8: 130 * TERA },
    bytesPerSecond: 320 * GIGA,
    memoryBytes: 16 * GIB,
    link: PCIE3,
    dollarsPerHour: 0.526,
    efficiency: MEAN_EFFICIENCY,
    source: "NVIDIA T4 datasheet (fp16 only: Turing has no bf16)",
    priceSource: "AWS g4dn.xlarge, on-demand, us-east-1",
  },
  {
    name: "rtx-4090",
    flops: { fp16: 165.2 * TERA, int8: 660.6 * TERA, fp8: 330.3 * TERA },
    bytesPerSecond: 1008 * GIGA,
    memoryBytes: 24 * GIB,
    link: PCIE4_BY_HOST,
    dollarsPerHour: 0.69,
    efficiency: RTX_4090_EFFICIENCY,
    source: "NVIDIA Ada architecture white paper, dense, accumulated in fp32",
    priceSource: RUNPOD_2025,
  },
  {
    name: "rtx-pro-6000",
    flops: { fp16: 484 * TERA, int8: 967 * TERA, fp8: 967 * TERA, fp4: 1934 * TERA },
    bytesPerSecond: 1597 * GIGA,
    memoryBytes: 96 * GIB,
    link: PCIE5,
    dollarsPerHour: 1.79,
    efficiency: MEAN_EFFICIENCY,
    source:
      "NVIDIA RTX PRO 6000 Blackwell Server Edition datasheet; tensor rates are the workstation white " +
      "paper's (503.8 TFLOP/s) by the ratio of the fp32 rates, 120/125",
    priceSource: RUNPOD_2025,
  },
  {
    name: "rtx-5090",
    flops: { fp16: 209.5 * TERA, int8: 838 * TERA, fp8: 419 * TERA, fp4: 1676 * TERA },
    bytesPerSecond: 1792 * GIGA,
    memoryBytes: 32 * GIB,
    link: PCIE5_BY_HOST,
    dollarsPerHour: 0.94,
    efficiency: MEAN_EFFICIENCY,
    source: "NVIDIA RTX Blackwell architecture white paper, dense, accumulated in fp32",
    priceSource: RUNPOD_2025,
  },
  {
    name: "h20",
    flops: { fp16: 148 * TERA, int8: 296 * TERA, fp8: 296 * TERA },
    bytesPerSecond: 4000 * GIGA,
    memoryBytes: 96 * GIB,
    link: NVLINK4,
    dollarsPerHour: 1.5,
    efficiency: MEAN_EFFICIENCY,
    source: "NVIDIA H20 figures as published by its resellers: 148 TFLOP/s at 16 bits, 4.0 TB/s, 96 GB",
    priceSource: "assumed: half of an H100's; no list price outside China was found",
  },
  {
    name: "b200",
    flops: { fp16: 2250 * TERA, int8: 4500 * TERA, fp8: 4500 * TERA, fp4: 9000 * TERA },
    bytesPerSecond: 8000 * GIGA,
    memoryBytes: 180 * GIB,
    link: NVLINK5,
    dollarsPerHour: 4.99,
    efficiency: MEAN_EFFICIENCY,
    source: "NVIDIA DGX B200 datasheet, an eighth, dense",
    priceSource: LAMBDA_2025,
  },
  {
    name: "gb200",
    flops: { fp16: 2500 * TERA, int8: 5000 * TERA, fp8: 5000 * TERA, fp4: 10000 * TERA },
    bytesPerSecond: 8000 * GIGA,
    memoryBytes: 186 * GIB,
    link: NVLINK5,
    dollarsPerHour: 10.5,
    efficiency: MEAN_EFFICIENCY,
    source: "NVIDIA GB200 NVL72 datasheet, a 72nd, dense",
    priceSource: "CoreWeave GB200 NVL72, 42 dollars an hour for four, 2025",
  },
  {
    name: "mi300x",
    flops: { fp16: 1307.4 * TERA, int8: 2614.9 * TERA, fp8: 2614.9 * TERA },
    bytesPerSecond: 5300 * GIGA,
    memoryBytes: 192 * GIB,
    link: INFINITY_FABRIC3,
    dollarsPerHour: 2.49,
    efficiency: MEAN_EFFICIENCY,
    source: "AMD Instinct MI300X datasheet, dense",
    priceSource: RUNPOD_2025,
  },
  {
    name: "mi355x",
    flops: { fp16: 2516.6 * TERA, int8: 5033.2 * TERA, fp8: 5033.2 * TERA, fp4: 10066.3 * TERA },
    bytesPerSecond: 8000 * GIGA,
    memoryBytes: 288 * GIB,
    link: INFINITY_FABRIC4,
    dollarsPerHour: 8.6,
    efficiency: MEAN_EFFICIENCY,
    source: "AMD Instinct MI355X datasheet, dense",
    priceSource: "Oracle Cloud BM.GPU.MI355X.8, an eighth, 2025",
  },
  {
    name: "m3-max",
    flops: { fp16: 14.2 * TERA },
    bytesPerSecond: 400 * GIGA,
    memoryBytes: 128 * GIB,
    link: THUNDERBOLT5,
    dollarsPerHour: 0.15,
    efficiency: MEAN_EFFICIENCY,
    source: "Apple M3 Max (40 cores) specifications; FLOP/s from cores, 128 lanes each and 1.4 GHz",
    priceSource: OWNED_MAC,
  },
  {
    name: "m4-max",
    flops: { fp16: 16.1 * TERA },
    bytesPerSecond: 546 * GIGA,
    memoryBytes: 128 * GIB,
    link: THUNDERBOLT5,
    dollarsPerHour: 0.15,
    efficiency: MEAN_EFFICIENCY,
    source: "Apple M4 Max (40 cores) specifications; FLOP/s from cores, 128 lanes each and 1.58 GHz",
    priceSource: OWNED_MAC,
  },
];

/** Every GPU of the catalogue by name, in the order of the documentation. */
export const GPUS: ReadonlyMap<string, Gpu> = new Map(CATALOGUE.map((gpu) => [gpu.name, Object.freeze(gpu)]));

/**
 * The CPU backend on two cores of a server, with weights in Q8_0: rates that it reaches. It is no GPU to rent, and
 * `cheapestGpu` leaves it out.
 */
export const CPU: Gpu = Object.freeze({
  name: "cpu",
  flops: { fp16: 100 * GIGA },
  bytesPerSecond: 15 * GIGA,
  memoryBytes: 4 * GIB,
  link: PCIE4,
  dollarsPerHour: 0,
  efficiency: { ...DATASHEET_EFFICIENCY, fittedOn: "steps of 8 layers of width 1024 in Q8_0" },
  source:
    "AMD EPYC, 2 cores: bytes by bstar doctor --calibrate, FLOP/s by a prompt's processor time (docs/benchmarks.md)",
  priceSource: "",
});

/** The GPU of that name, or `CPU`. Throws `InvalidOptionError` that lists the known names. */
export function gpuNamed(name: string): Gpu {
  const gpu = name.toLowerCase() === CPU.name ? CPU : GPUS.get(name.toLowerCase());
  if (gpu === undefined) throw unknownName("GPU", name, [...GPUS.keys(), CPU.name]);
  return gpu;
}
