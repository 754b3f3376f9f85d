import { AllocatorRun, moments } from "./allocator-run.ts";
import type { MakeAllocator } from "./allocator.ts";
import { skipReason, type Law, type Moment } from "./moment.ts";
import type { Command, CustomCommand, Program } from "./program.ts";

/** The law under which it counts that an allocator throws where it was asked for nothing wrong. */
export const NEVER_THROWS = "a command that makes sense never throws";

/** The first law that a program breaks. */
export interface Breach {
  readonly law: string;
  readonly detail: string;
  /** Number of commands before the failing one. */
  readonly commandsBefore: number;
  /** The command; null where the allocator could not even be made, or the law is about all of them. */
  readonly command: Command | null;
}

export interface CheckOptions {
  /** Which laws; laws beyond the allocator's capabilities are skipped. */
  readonly laws: readonly Law[];
  /**
   * Commands between full checks; the end is checked fully, too. After other commands only cheap checks run. Default 1;
   * 30 in programs of over 100 commands.
   */
  readonly every?: number;
  /** Commands of your own that the program names. */
  readonly commands?: readonly CustomCommand[];
  /** Is shown every moment before laws are checked on it. */
  readonly observe?: (moment: Moment) => void;
}

/** Looking at everything takes as long as there are sequences: in long programs it would take longest. */
const LONG = 100;
const EVERY_OF_LONG = 30;

/** Runs a program on a new allocator and looks for broken laws. An allocator that throws breaks `NEVER_THROWS`. */
export function findBreach(
  makeAllocator: MakeAllocator,
  program: Program,
  { laws, commands, observe, every = program.commands.length > LONG ? EVERY_OF_LONG : 1 }: CheckOptions,
): Breach | null {
  let commandsBefore = 0;
  let run: AllocatorRun | null = null;
  try {
    const made = new AllocatorRun(makeAllocator, program.sizes, commands);
    run = made;
    const applying = laws.filter((law) => skipReason(law, made.allocator) === null);
    for (const moment of moments(made, program, (index) => (index + 1) % every === 0)) {
      observe?.(moment);
      const broken = firstBroken(applying, moment);
      if (broken !== null) return { ...broken, commandsBefore, command: moment.command };
      commandsBefore++;
    }
    return null;
  } catch (error) {
    return { law: NEVER_THROWS, detail: String(error), commandsBefore, command: run?.latest ?? null };
  }
}

function firstBroken(laws: readonly Law[], moment: Moment): { law: string; detail: string } | null {
  for (const law of laws) {
    const detail = moment.full || law.always === true ? law.broken(moment) : null;
    if (detail !== null) return { law: law.name, detail };
  }
  return null;
}

/** What there is before a breach, in a few lines, for people. */
export function describeState(makeAllocator: MakeAllocator, program: Program, commandsBefore: number): string {
  const run = new AllocatorRun(makeAllocator, program.sizes);
  let done = 0;
  const walk = moments(run, program);
  while (done < commandsBefore && walk.next().done !== true) done++;
  return describeRun(run, program);
}

function describeRun({ allocator, model, capabilities }: AllocatorRun, { sizes }: Program): string {
  const { free, cached, held } = allocator.stats();
  const lines = [
    `${free} free, ${cached} cached, ${held} held of ${sizes.blockCount} blocks of ${sizes.blockSize} tokens`,
  ];
  const host = allocator.hostStats?.();
  if (host !== undefined && sizes.hostBlockCount > 0) {
    lines.push(`host memory: ${host.free} free, ${host.cached} cached, ${host.held} held of ${sizes.hostBlockCount}`);
  }
  for (const [number, { tokens, domain, swapped }] of model.sequences) {
    const tables = sizes.windows.map((_, group) =>
      swapped ? "in host memory" : JSON.stringify(Array.from(allocator.table(number, group))),
    );
    lines.push(
      `sequence ${number} (salt ${JSON.stringify(domain.salt)}, adapter ${domain.adapterId}): ` +
        `tokens ${JSON.stringify(tokens)}, blocks ${tables.join(" and ")}`,
    );
  }
  if (capabilities.plans === true) {
    lines.push(
      `steps: ${model.open.rows.length} rows under construction, ${model.onTheirWay.length} steps on their way`,
    );
  }
  return lines.join("\n");
}
