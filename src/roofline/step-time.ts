import { kvBytesPerTokenOfKind, kvCopies } from "./kv-bytes.ts";
import { arithmeticRate, resolveSetup, type Setup } from "./setup.ts";
import {
  activeMatrixWeights,
  expertWeights,
  headWeights,
  layerCount,
  matrixWeights,
  type ModelShape,
} from "./shape.ts";
import type { StepLoad } from "./step-load.ts";

/** Activations are 16 bits wide whatever the weights are. */
const ACTIVATION_BYTES = 2;

/**
 * All-reduces a layer with tensor parallelism: after the attention's output and after the feed-forward (Megatron-LM,
 * arXiv 1909.08053).
 */
const ALL_REDUCES_PER_LAYER = 2;

/**
 * Seconds of one step from what it carries.
 *
 *   step   = device + host a step + host a request * requests
 *   device = join(floor, slope * tokens)                     matrix products: read all weights, multiply all tokens
 *          + join(head floor, head slope * samples)          the output head
 *          + elementwise * tokens + launch                   norms, rotary embedding, activation; kernel starts
 *          + KV read + pair arithmetic                       attention
 *          + all-reduce                                      tensor parallelism only
 *
 * join(a, b) = sqrt(a^2 + b^2): on an A100 and an A40 4 to 6% off the measured products, where max(a, b) is 6 to 10%
 * off and up to 49% at the knee. All constants are worked out once; a call is some 20 multiplications and allocates
 * nothing.
 */
export class StepTime {
  /** Reading all weights of the layers once. */
  readonly weightFloorSeconds: number;
  readonly matrixSecondsPerToken: number;
  readonly headFloorSeconds: number;
  readonly headSecondsPerSample: number;
  readonly elementwiseSecondsPerToken: number;
  readonly launchSeconds: number;
  /** Of a step with a prompt's tokens, beside all else. */
  readonly promptSeconds: number;
  readonly hostSecondsPerStep: number;
  readonly hostSecondsPerRequest: number;
  readonly allReduceSecondsPerToken: number;
  readonly allReduceLatencySeconds: number;
  /** Reading all experts of all mixtures. */
  readonly #expertSeconds: number;
  /** Chance that a token leaves an expert out; 0 without experts. */
  readonly #expertMiss: number;
  /** [kinds] seconds a position read, all layers of the kind. */
  readonly kvSecondsPerToken: Float64Array;
  /** [kinds] seconds a pair of query and position, all layers of the kind. */
  readonly pairSeconds: Float64Array;

  /** Throws `InvalidOptionError` for a setup out of range; whether weights fit is `capacity`'s question. */
  constructor(setup: Setup) {
    const { gpu, shape, weightBits, kvBits, arithmetic, gpus } = resolveSetup(setup);
    const { efficiency } = gpu;
    const layers = layerCount(shape);
    const bytesPerSecond = gpus * gpu.bytesPerSecond * efficiency.bandwidthShare;
    const isLow = arithmetic !== "fp16";
    const flops =
      gpus * arithmeticRate(gpu, arithmetic) * (isLow ? efficiency.lowPrecisionFlopsShare : efficiency.flopsShare);
    const active = activeMatrixWeights(shape);
    const experts = expertWeights(shape, shape.experts?.count ?? 0);
    const bytesPerWeight = weightBits / 8;
    this.#expertSeconds = (experts * bytesPerWeight) / (gpus * gpu.bytesPerSecond * efficiency.expertBandwidthShare);
    this.weightFloorSeconds =
      ((matrixWeights(shape) - experts) * bytesPerWeight) / bytesPerSecond + this.#expertSeconds;
    this.#expertMiss = shape.experts === null ? 0 : 1 - shape.experts.perToken / shape.experts.count;
    this.matrixSecondsPerToken = (2 * active) / flops;
    this.headFloorSeconds = (headWeights(shape) * weightBits) / 8 / bytesPerSecond;
    this.headSecondsPerSample = (2 * headWeights(shape)) / (gpus * gpu.flops.fp16 * efficiency.flopsShare);
    this.elementwiseSecondsPerToken =
      elementwiseBytes(shape, gpus) / (gpu.bytesPerSecond * efficiency.elementwiseBandwidthShare);
    const extra =
      (isLow ? efficiency.lowPrecisionSecondsPerLayer : 0) +
      (shape.queryKeyNorm ? efficiency.queryKeyNormSecondsPerLayer : 0);
    const mixture = efficiency.mixtureSecondsPerLayer + (isLow ? efficiency.lowPrecisionMixtureSecondsPerLayer : 0);
    this.launchSeconds =
      layers * (efficiency.launchSecondsPerLayer + extra) + (shape.experts?.layerCount ?? 0) * mixture;
    this.promptSeconds = layers * efficiency.promptSecondsPerLayer;
    this.hostSecondsPerStep = efficiency.hostSecondsPerStep;
    this.hostSecondsPerRequest = efficiency.hostSecondsPerRequest;
    const sent = (2 * (gpus - 1)) / gpus; // a ring sends this many times the data
    const messages = layers * ALL_REDUCES_PER_LAYER;
    this.allReduceSecondsPerToken =
      (messages * sent * shape.hiddenSize * ACTIVATION_BYTES) / (gpu.link.bytesPerSecond * gpu.link.share);
    this.allReduceLatencySeconds =
      gpus > 1 ? messages * (gpu.link.latencySeconds + (gpus - 2) * gpu.link.latencySecondsPerGpu) : 0;
    const kvShare =
      shape.kvHeadCount === shape.headCount ? efficiency.fullKvBandwidthShare : efficiency.kvBandwidthShare;
    const secondsPerKvByte =
      (1 / (gpu.bytesPerSecond * kvShare) + efficiency.kvSecondsPerByte) * (kvCopies(shape, gpus) / gpus);
    this.kvSecondsPerToken = Float64Array.from(
      shape.layers,
      (kind) => kvBytesPerTokenOfKind(shape, kind, kvBits) * secondsPerKvByte,
    );
    const attentionFlops = gpus * gpu.flops.fp16 * efficiency.attentionFlopsShare;
    this.pairSeconds = Float64Array.from(
      shape.layers,
      (kind) => (4 * shape.headCount * shape.headDim * kind.count) / attentionFlops,
    );
  }

  /** Seconds that the device is busy with `load`, which was made for the same shape. */
  deviceSeconds(load: StepLoad): number {
    const { tokens, samples } = load;
    let seconds =
      join(this.#floorSeconds(tokens), this.matrixSecondsPerToken * tokens) +
      this.launchSeconds +
      this.allReduceLatencySeconds;
    if (tokens > load.requests) seconds += this.promptSeconds;
    if (samples > 0) seconds += join(this.headFloorSeconds, this.headSecondsPerSample * samples);
    seconds += (this.elementwiseSecondsPerToken + this.allReduceSecondsPerToken) * tokens;
    for (let kind = 0; kind < this.kvSecondsPerToken.length; kind++) {
      seconds +=
        load.kvTokensRead[kind] * this.kvSecondsPerToken[kind] + load.attentionPairs[kind] * this.pairSeconds[kind];
    }
    return seconds;
  }

  /**
   * Reading the weights that some token uses: each one picks experts as if by lot, so that few tokens leave most of
   * many experts unread.
   */
  #floorSeconds(tokens: number): number {
    if (this.#expertMiss === 0) return this.weightFloorSeconds;
    return this.weightFloorSeconds - this.#expertSeconds * this.#expertMiss ** tokens;
  }

  /** Seconds from one step's start to the next one's: the device's, and what of the host's work it waits for. */
  stepSeconds(load: StepLoad): number {
    return this.deviceSeconds(load) + this.hostSecondsPerStep + this.hostSecondsPerRequest * load.requests;
  }
}

/**
 * Bytes of activations that one token moves outside the matrix products, on each GPU: read and write around two norms
 * with their residuals (8 hidden, on every GPU), rotary embedding (2 each of queries and keys, and values once
 * written), gate times up (3 intermediate). Coarse; `elementwiseBandwidthShare` is fitted on top of it.
 */
function elementwiseBytes(shape: ModelShape, gpus: number): number {
  const split =
    shape.feedForwardMatrices * activeIntermediateSize(shape) +
    2 * (shape.headCount + 2 * shape.kvHeadCount) * shape.headDim;
  return ACTIVATION_BYTES * layerCount(shape) * (8 * shape.hiddenSize + split / gpus);
}

/** Rows of the feed-forward that a token passes in a layer, mean over layers. */
function activeIntermediateSize(shape: ModelShape): number {
  const { experts, intermediateSize } = shape;
  if (experts === null) return intermediateSize;
  const mixture = experts.perToken * experts.intermediateSize + (experts.sharedIntermediateSize ?? 0);
  const share = experts.layerCount / layerCount(shape);
  return share * mixture + (1 - share) * intermediateSize;
}

/** `Math.hypot` guards against overflow that cannot happen here, and costs several times as much. */
function join(floor: number, slope: number): number {
  return Math.sqrt(floor * floor + slope * slope);
}
