import type { Decision } from "./decision-log.ts";

/** An event of the Chrome trace format, which Perfetto and chrome://tracing read. Times in microseconds. */
export interface TraceEvent {
  readonly name: string;
  readonly ph: "X" | "i" | "C" | "M";
  readonly ts: number;
  readonly dur?: number;
  readonly pid: number;
  readonly tid: number;
  readonly s?: "t";
  readonly args: Readonly<Record<string, unknown>>;
}

const STEPS = 0;

/**
 * Decisions as a Chrome trace: a track of steps, a track for each request with its stays, a counter of tokens a step.
 * `JSON.stringify({ traceEvents: chromeTrace(log, 1e6) })` is a file for ui.perfetto.dev. Source: the Trace Event
 * Format.
 */
export function chromeTrace(decisions: Iterable<Decision>, microsecondsPerUnit: number): TraceEvent[] {
  const events: TraceEvent[] = [named(STEPS, "steps")];
  const tracks = new Map<string, number>();
  const issued = new Map<number, Decision>();
  for (const decision of decisions) {
    const ts = decision.now * microsecondsPerUnit;
    const tid = decision.request === null ? STEPS : trackOf(String(decision.request), tracks, events);
    if (decision.kind === "issue") {
      issued.set(decision.plan, decision);
      events.push({ name: "tokens", ph: "C", ts, pid: 0, tid: STEPS, args: { tokens: decision.value } });
    } else if (decision.kind === "commit") events.push(...step(decision, issued, ts, microsecondsPerUnit));
    else {
      events.push({
        name: nameOf(decision),
        ph: "i",
        s: "t",
        ts,
        pid: 0,
        tid,
        args: { value: decision.value, plan: decision.plan },
      });
    }
  }
  return events;
}

function step(commit: Decision, issued: Map<number, Decision>, ts: number, scale: number): TraceEvent[] {
  const start = issued.get(commit.plan);
  if (start === undefined) return [];
  issued.delete(commit.plan);
  const begin = start.now * scale;
  return [
    {
      name: `step ${commit.plan}`,
      ph: "X",
      ts: begin,
      dur: ts - begin,
      pid: 0,
      tid: STEPS,
      args: { tokens: start.value, delivered: commit.value },
    },
  ];
}

function trackOf(request: string, tracks: Map<string, number>, events: TraceEvent[]): number {
  const known = tracks.get(request);
  if (known !== undefined) return known;
  const tid = tracks.size + 1;
  tracks.set(request, tid);
  events.push(named(tid, `request ${request}`));
  return tid;
}

function named(tid: number, name: string): TraceEvent {
  return { name: "thread_name", ph: "M", ts: 0, pid: 0, tid, args: { name } };
}

function nameOf({ kind, reason }: Decision): string {
  return reason === null ? kind : `${kind}: ${reason}`;
}
