/** Settings that say how much load there is, not what carries it. */
const LOAD = new Set(["rate", "concurrency", "seed"]);

/** Settings that follow from model and hardware by default: they name nothing while model or hardware differ. */
const DERIVED = new Set(["gpuBlocks", "context"]);

/** Settings as a report shows them. */
export type Config = Readonly<Record<string, string | number | undefined>>;

/** The settings in which configurations differ, load left out, in the order of the first one's keys. */
export function varyingKeys(configs: readonly Config[]): string[] {
  const keys = [...new Set(configs.flatMap((config) => Object.keys(config)))];
  return keys.filter((key) => !LOAD.has(key) && new Set(configs.map((config) => JSON.stringify(config[key]))).size > 1);
}

/** Names a setup by what sets it apart from the others; where nothing does, by model and GPU. */
export function seriesName(config: Config, varying: readonly string[]): string {
  const chosen = varying.filter((key) => !DERIVED.has(key));
  const shown = chosen.length > 0 ? chosen : varying;
  if (shown.length === 0) return `${config["model"]} on ${config["gpu"]}`;
  return shown
    .map((key) => (typeof config[key] === "string" ? config[key] : `${key} ${config[key] ?? "-"}`))
    .join(", ");
}

/** Names the load of a run. */
export function loadName(config: Config): string {
  const { rate, concurrency } = config;
  if (concurrency !== undefined) return `${concurrency} users`;
  return rate === undefined ? "" : `${rate} requests/s`;
}

/** Settings of the hardware, and of the model as it is stored. */
const HARDWARE = new Set(["gpu", "gpus", "replicas"]);
const MODEL = new Set(["model", "weightBits", "kvBits", "arithmetic"]);

/**
 * What colour, dash and shape stand for: of hardware and model their names and what varies, of the rest what varies.
 */
export function setupOf(
  config: Config,
  varying: readonly string[],
): { readonly hardware: string; readonly model: string; readonly policy: string } {
  const rest = varying.filter((key) => !DERIVED.has(key) && !HARDWARE.has(key) && !MODEL.has(key));
  const bits = varying.filter((key) => MODEL.has(key) && key !== "model");
  return {
    hardware:
      `${Number(config["replicas"] ?? 1) > 1 ? `${config["replicas"]} replicas of ` : ""}${config["gpus"] ?? 1} ` +
      `x ${config["gpu"]}`,
    model: [config["model"], ...bits.map((key) => `${key} ${config[key]}`)].join(", "),
    policy: rest.map((key) => `${key} ${config[key] ?? "-"}`).join(", ") || "one policy",
  };
}

/** All settings in a line. */
export function settingsText(config: Config): string {
  return Object.entries(config)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key} ${value}`)
    .join(", ");
}
