import { InvalidOptionError } from "../errors.ts";
import { DATASHEET_EFFICIENCY, MEAN_EFFICIENCY } from "./efficiency.ts";
import { ARITHMETICS, type Efficiency, type Gpu, type Link } from "./gpu.ts";
import { PCIE4 } from "./hardware.ts";
import { JsonFields } from "./json-fields.ts";

/**
 * Ranges that any device of today keeps, with room of a thousand either way: what is outside was written in other
 * units.
 */
const FLOPS = [1e9, 1e18] as const;
const BYTES_PER_SECOND = [1e7, 1e17] as const;
const MEMORY_BYTES = [1, 2 ** 50] as const;
const DOLLARS_PER_HOUR = [0, 1e6] as const;

/** A share of a datasheet's figure: above 1 only as far as a clock exceeds the datasheet's. */
const SHARE = [1e-6, 1.5] as const;

/** Seconds of one piece of a step. */
const SECONDS = [0, 1] as const;

const KEYS: readonly (keyof Gpu)[] = [
  "name",
  "flops",
  "bytesPerSecond",
  "memoryBytes",
  "link",
  "dollarsPerHour",
  "efficiency",
  "source",
  "priceSource",
];

type EfficiencyFigure = Exclude<keyof Efficiency, "fittedOn">;
const EFFICIENCY_FIGURES = Object.keys(MEAN_EFFICIENCY).filter((key) => key !== "fittedOn") as EfficiencyFigure[];
const LINK_KEYS = Object.keys(PCIE4) as (keyof Link)[];

/**
 * A GPU from a parsed JSON object: the fields of `Gpu`; needed are `flops.fp16`, `bytesPerSecond` and `memoryBytes`.
 * Missing efficiency figures are the mean of the fitted GPUs, a missing link is a PCIe 4 slot, a missing price is 0.
 * Throws `InvalidOptionError` that names a missing, unknown or out-of-range key.
 */
export function gpuFromJson(value: unknown, name = "gpu.json"): Gpu {
  const fields = new JsonFields(name, value, InvalidOptionError);
  fields.only(KEYS);
  const flops = new JsonFields(`${name}: "flops"`, fields.find("flops"), InvalidOptionError);
  flops.only(ARITHMETICS);
  const given = ARITHMETICS.filter((kind) => kind === "fp16" || flops.find(kind) !== undefined);
  return {
    name: fields.text("name", name),
    flops: Object.fromEntries(given.map((kind) => [kind, flops.within(kind, FLOPS)])) as unknown as Gpu["flops"],
    bytesPerSecond: fields.within("bytesPerSecond", BYTES_PER_SECOND),
    memoryBytes: fields.within("memoryBytes", MEMORY_BYTES),
    link: link(fields),
    dollarsPerHour: fields.within("dollarsPerHour", DOLLARS_PER_HOUR, 0),
    efficiency: efficiency(fields),
    source: fields.text("source", name),
    priceSource: fields.text("priceSource", name),
  };
}

function link(fields: JsonFields): Link {
  const found = fields.find("link");
  if (found === undefined) return PCIE4;
  const inner = new JsonFields(`${fields.what}: "link"`, found, InvalidOptionError);
  inner.only(LINK_KEYS);
  return {
    bytesPerSecond: inner.within("bytesPerSecond", BYTES_PER_SECOND),
    share: inner.within("share", SHARE, PCIE4.share),
    latencySeconds: inner.within("latencySeconds", SECONDS, PCIE4.latencySeconds),
    latencySecondsPerGpu: inner.within("latencySecondsPerGpu", SECONDS, PCIE4.latencySecondsPerGpu),
  };
}

function efficiency(fields: JsonFields): Efficiency {
  const found = fields.find("efficiency");
  if (found === undefined) return MEAN_EFFICIENCY;
  if (found === "datasheet") return DATASHEET_EFFICIENCY;
  const inner = new JsonFields(`${fields.what}: "efficiency"`, found, InvalidOptionError);
  inner.only([...EFFICIENCY_FIGURES, "fittedOn"]);
  const figures = EFFICIENCY_FIGURES.map((key) => [
    key,
    inner.within(key, key.endsWith("Share") ? SHARE : SECONDS, MEAN_EFFICIENCY[key]),
  ]);
  return {
    ...(Object.fromEntries(figures) as Record<EfficiencyFigure, number>),
    fittedOn: inner.text("fittedOn", fields.what),
  };
}
