import type { Curves } from "../simulate.ts";
import type { SimulationSummary } from "../summary.ts";
import type { TimelinePoint } from "../timeline.ts";

/** What the plane of throughput and latency draws of one run, simulated or measured. */
export interface PlaneRun {
  /** Names the setup; runs of one series differ in their load. */
  readonly series: string;
  /** What a chart's colour, dash and shape stand for. */
  readonly setup: { readonly hardware: string; readonly model: string; readonly policy: string };
  /** Names the run inside its series: "4 requests/s". */
  readonly load: string;
  /** Whether more came than was served. Default: by the time in the queue. */
  readonly isSaturated?: boolean;
  readonly summary: Pick<SimulationSummary, "throughput" | "ttftSeconds" | "tpotSeconds" | "e2eSeconds"> &
    Partial<Pick<SimulationSummary, "queueSeconds" | "bStar" | "cost">>;
}

/** What a report draws of one run. */
export interface ReportRun extends PlaneRun {
  /** All settings, for the table. */
  readonly settings: string;
  readonly summary: SimulationSummary;
  readonly curves: Curves;
  readonly timeline: readonly TimelinePoint[];
}

/** A run that gave no result, and why. */
export interface FailedReportRun {
  readonly settings: string;
  readonly message: string;
}

/** A chart in Vega-Lite's language. */
export type ChartSpec = Readonly<Record<string, unknown>>;

/** A chart with its file name and what it shows. */
export interface Chart {
  readonly name: string;
  readonly title: string;
  readonly caption: string;
  readonly spec: ChartSpec;
}
