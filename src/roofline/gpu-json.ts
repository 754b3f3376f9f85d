import { InvalidOptionError } from "../errors.ts";
import { DATASHEET_EFFICIENCY, MEAN_EFFICIENCY } from "./efficiency.ts";
import type { Efficiency, Gpu, Link } from "./gpu.ts";
import { PCIE4 } from "./hardware.ts";
import { JsonFields } from "./json-fields.ts";

/**
 * A GPU from a parsed JSON object: the fields of `Gpu`; needed are `flops.fp16`, `bytesPerSecond` and `memoryBytes`. Missing
 * efficiency figures are the mean of the fitted GPUs, a missing link is a PCIe 4 slot, a missing price is 0. Throws `InvalidOptionError` that names the key.
 */
export function gpuFromJson(value: unknown, name = "gpu.json"): Gpu {
  const fields = new JsonFields(name, value, InvalidOptionError);
  const flops = new JsonFields(`${name}: "flops"`, fields.find(["flops"])?.value, InvalidOptionError);
  return {
    name: fields.text("name", name),
    flops: {
      fp16: flops.positive("fp16"),
      ...(flops.has("int8") && { int8: flops.positive("int8") }),
      ...(flops.has("fp8") && { fp8: flops.positive("fp8") }),
      ...(flops.has("fp4") && { fp4: flops.positive("fp4") }),
    },
    bytesPerSecond: fields.positive("bytesPerSecond"),
    memoryBytes: fields.positive("memoryBytes"),
    link: link(fields),
    dollarsPerHour: fields.notNegative("dollarsPerHour", 0),
    efficiency: efficiency(fields),
    source: fields.text("source", name),
    priceSource: fields.text("priceSource", name),
  };
}

function link(fields: JsonFields): Link {
  const found = fields.find(["link"]);
  if (found === undefined) return PCIE4;
  const inner = new JsonFields(`${fields.what}: "link"`, found.value, InvalidOptionError);
  return { bytesPerSecond: inner.positive("bytesPerSecond"), share: inner.positive("share", PCIE4.share), latencySeconds: PCIE4.latencySeconds, latencySecondsPerGpu: PCIE4.latencySecondsPerGpu };
}

function efficiency(fields: JsonFields): Efficiency {
  const found = fields.find(["efficiency"]);
  if (found === undefined) return MEAN_EFFICIENCY;
  if (found.value === "datasheet") return DATASHEET_EFFICIENCY;
  const inner = new JsonFields(`${fields.what}: "efficiency"`, found.value, InvalidOptionError);
  const seconds = (key: keyof Efficiency & `${string}Seconds${string}`) => inner.notNegative(key, MEAN_EFFICIENCY[key]);
  return {
    bandwidthShare: inner.positive("bandwidthShare", MEAN_EFFICIENCY.bandwidthShare),
    flopsShare: inner.positive("flopsShare", MEAN_EFFICIENCY.flopsShare),
    lowPrecisionFlopsShare: inner.positive("lowPrecisionFlopsShare", MEAN_EFFICIENCY.lowPrecisionFlopsShare),
    kvBandwidthShare: inner.positive("kvBandwidthShare", MEAN_EFFICIENCY.kvBandwidthShare),
    fullKvBandwidthShare: inner.positive("fullKvBandwidthShare", MEAN_EFFICIENCY.fullKvBandwidthShare),
    kvSecondsPerByte: inner.notNegative("kvSecondsPerByte", MEAN_EFFICIENCY.kvSecondsPerByte),
    attentionFlopsShare: inner.positive("attentionFlopsShare", MEAN_EFFICIENCY.attentionFlopsShare),
    elementwiseBandwidthShare: inner.positive("elementwiseBandwidthShare", MEAN_EFFICIENCY.elementwiseBandwidthShare),
    launchSecondsPerLayer: seconds("launchSecondsPerLayer"),
    promptSecondsPerLayer: seconds("promptSecondsPerLayer"),
    queryKeyNormSecondsPerLayer: seconds("queryKeyNormSecondsPerLayer"),
    lowPrecisionSecondsPerLayer: seconds("lowPrecisionSecondsPerLayer"),
    hostSecondsPerStep: seconds("hostSecondsPerStep"),
    hostSecondsPerRequest: seconds("hostSecondsPerRequest"),
    fittedOn: inner.text("fittedOn", fields.what),
  };
}
