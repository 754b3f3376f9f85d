import type { DecoderConfig, ExpertConfig } from "../../decoder.ts";
import type { Activations, ExpertActivations } from "./activations.ts";
import type { DeviceLayer } from "./device-weights.ts";
import { EXPERTS_WORKGROUP, combineKernel, routeKernel } from "./kernels/experts.ts";
import { REPLACING } from "./kernels/rms-norm.ts";
import { storeGated, storePlain, storeResidual } from "./kernels/store.ts";
import type { LaunchSet } from "./launch.ts";
import type { Launcher } from "./launcher.ts";
import type { DeviceMatrix } from "./weights.ts";

/** What the branches of a layer are made of. */
export interface BranchParts {
  readonly launcher: Launcher;
  readonly config: DecoderConfig;
  readonly activations: Activations;
}

/**
 * hidden += residualScale * postNorm(matrix · inputs): the end of a branch; without a norm where `postNorm` is null.
 */
export async function outputLaunches(
  parts: BranchParts,
  matrix: DeviceMatrix,
  inputs: GPUBuffer,
  postNorm: GPUBuffer | null,
): Promise<LaunchSet[]> {
  const { launcher, config, activations } = parts;
  const { shape } = launcher;
  if (postNorm === null) {
    return launcher.linear(matrix, inputs, storeResidual(shape, config.residualScale), [activations.hidden]);
  }
  const product = await launcher.linear(matrix, inputs, storePlain(shape.hidden), [activations.branch!]);
  return [...product, await postNormLaunch(parts, postNorm)];
}

/** hidden += residualScale * norm(branch) */
function postNormLaunch({ launcher, config, activations }: BranchParts, gains: GPUBuffer): Promise<LaunchSet> {
  const adding = { added: true, factor: config.residualScale };
  return launcher.norm({ rows: "tokens", gains, inputs: activations.branch!, outputs: activations.hidden, adding });
}

/** activation(gate) * up, and down: of every token, or of each token's experts. */
export async function feedForwardLaunches(parts: BranchParts, layer: DeviceLayer): Promise<LaunchSet[]> {
  const { launcher, config, activations } = parts;
  if (layer.router !== null) return expertLaunches(parts, layer, layer.router, config.experts!, activations.experts!);
  const store = storeGated(launcher.shape.intermediate, config.activation);
  const gated = await launcher.linear(layer.gateUp, activations.normed, store, [activations.gated]);
  return [...gated, ...(await outputLaunches(parts, layer.down, activations.gated, layer.feedForwardPostNorm))];
}

/** Router, the products of each token's experts, and their sum. */
async function expertLaunches(
  parts: BranchParts,
  layer: DeviceLayer,
  router: DeviceMatrix,
  experts: ExpertConfig,
  buffers: ExpertActivations,
): Promise<LaunchSet[]> {
  const { launcher, config, activations } = parts;
  const { shape } = launcher;
  const { logits, choices, gated, outputs } = buffers;
  const { perToken } = experts;
  const postNorm = layer.feedForwardPostNorm;
  const adding = postNorm === null ? { added: true, factor: config.residualScale } : REPLACING;
  const sum = postNorm === null ? activations.hidden : activations.branch!;
  const intermediate = storeGated(shape.expertIntermediate, config.activation);
  const gateUp = {
    matrix: layer.gateUp,
    inputs: activations.normed,
    store: intermediate,
    outputs: [gated],
    choices,
    rows: { perToken, commonInput: true },
  };
  const down = {
    matrix: layer.down,
    inputs: gated,
    store: storePlain(shape.hidden),
    outputs: [outputs],
    choices,
    rows: { perToken, commonInput: false },
  };
  const combined = { width: Math.ceil(shape.hidden / EXPERTS_WORKGROUP), rows: 1 };
  return [
    ...(await launcher.linear(router, activations.normed, storePlain(shape.experts), [logits])),
    await launcher.launch(routeKernel(experts, shape), {}, [logits, choices], { width: 0, rows: EXPERTS_WORKGROUP }),
    ...(await launcher.experts(gateUp)),
    ...(await launcher.experts(down)),
    await launcher.launch(combineKernel(experts, shape, adding), {}, [outputs, choices, sum], combined),
    ...(postNorm === null ? [] : [await postNormLaunch(parts, postNorm)]),
  ];
}
