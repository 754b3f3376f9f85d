import type { PlanMoves } from "../make-plan.ts";
import {
  NO_DOMAIN,
  type Allocation,
  type Allocator,
  type AllocatorCapabilities,
  type AllocatorSizes,
  type Domain,
  type MakeAllocator,
} from "./allocator.ts";
import { joinMoves, noFaults, runStep, spoilStep, type DeviceRow, type StepFaults } from "./device-step.ts";
import { findSharedWrites } from "./shared-writes.ts";
import { copyTables, type LookupResult, type Moment, type Snapshot } from "./moment.ts";
import type { Command, CustomCommand, Program } from "./program.ts";
import { ReferenceModel } from "./reference-model.ts";
import { SimulatedMemory, SPOILED } from "./simulated-memory.ts";

/** Steps on their way at a time: one on the device, one queued behind it. */
const MAX_STEPS_ON_THEIR_WAY = 2;
/** A token that no program has: what follows a beginning when it is looked for. */
const NO_TOKEN = 2 ** 31 - 1;
/** Commands that can be part of a step under construction; others end it first. */
const PART_OF_STEP: ReadonlySet<Command["kind"]> = new Set([
  "allocate",
  "append",
  "swapIn",
  "lookup",
  "issue",
  "commit",
  "rollback",
]);

interface IssuedStep {
  readonly rows: readonly DeviceRow[];
  readonly moves: PlanMoves;
}

type Outcome = Pick<Moment, "answer" | "lookup" | "undone">;
const NOTHING_SAID: Outcome = { answer: undefined, lookup: null, undone: null };

/** Drives an allocator through a program, the reference model and a simulated memory beside it. */
export class AllocatorRun {
  readonly allocator: Allocator;
  readonly capabilities: AllocatorCapabilities;
  readonly model: ReferenceModel;
  /** The command carried out last, or being carried out. */
  latest: Command | null = null;
  readonly #sizes: AllocatorSizes;
  readonly #commands: ReadonlyMap<string, CustomCommand>;
  readonly #memory: SimulatedMemory;
  #openMoves: PlanMoves[] = [];
  readonly #issued: IssuedStep[] = [];
  #faults: StepFaults = noFaults();
  #pressed = false;
  #everPressed = false;

  /** `commands`: the custom commands of programs. */
  constructor(makeAllocator: MakeAllocator, sizes: AllocatorSizes, commands: readonly CustomCommand[] = []) {
    this.#sizes = sizes;
    this.#commands = new Map(commands.map((command) => [command.name, command]));
    this.allocator = makeAllocator(sizes);
    this.capabilities = this.allocator.capabilities;
    this.model = new ReferenceModel(sizes, this.capabilities);
    this.#memory = new SimulatedMemory(sizes);
  }

  /**
   * Carries out a command; null where it makes no sense here. A moment that is not `full` is cheap: nothing is compared
   * with before.
   */
  step(command: Command, full: boolean): Moment | null {
    if (!this.#makesSense(command)) return null;
    this.latest = command;
    this.#faults = noFaults();
    if (!PART_OF_STEP.has(command.kind)) this.#closeStep(this.#waitsForSteps(command.kind));
    const before = this.#snapshot(full);
    const outcome = this.#perform(command);
    if (this.allocator.stats().free === 0) this.#pressed = this.#everPressed = true;
    if (this.capabilities.plans !== true) this.#closeStep(true);
    const after = this.#snapshot(full);
    const pressed = this.#pressed;
    const forgotten = full && this.capabilities.prefixCache === true && !this.#isWindowed ? this.#refreshKnown() : [];
    const { allocator, capabilities, model } = this;
    return {
      command,
      sizes: this.#sizes,
      capabilities,
      allocator,
      model,
      memory: this.#memory,
      copies: new Map(joinMoves(this.#openMoves).copies!.map(([source, target]) => [target, source])),
      full,
      before,
      after,
      faults: this.#faults,
      forgotten,
      pressed,
      everPressed: this.#everPressed,
      ...outcome,
    };
  }

  /** Commands that bring everything to an end: all steps done, all sequences freed. */
  ending(): Command[] {
    const frees = [...this.model.sequences.keys()].map((sequence): Command => ({ kind: "free", sequence }));
    return this.capabilities.plans === true
      ? [{ kind: "issue" }, { kind: "commit" }, { kind: "commit" }, ...frees]
      : frees;
  }

  #waitsForSteps(kind: Command["kind"]): boolean {
    return kind === "reset" || kind === "custom" || (kind === "fork" && this.capabilities.forkInFlight !== true);
  }

  get #isWindowed(): boolean {
    return this.#sizes.windows.some((window) => window !== null);
  }

  #makesSense(command: Command): boolean {
    const { capabilities, model } = this;
    switch (command.kind) {
      case "allocate":
        return !model.sequences.has(command.sequence) && this.#isLegalLength(command.tokens.length);
      case "append":
        return (
          this.#isResident(command.sequence) &&
          this.#isLegalLength(command.tokens.length, model.get(command.sequence).tokens.length)
        );
      case "free":
        return model.sequences.has(command.sequence);
      case "fork":
        return capabilities.fork === true && this.#isResident(command.sequence) && !model.sequences.has(command.child);
      case "lookup":
        return capabilities.prefixCache === true;
      case "swapOut":
        return capabilities.swap === true && this.#isResident(command.sequence);
      case "swapIn":
        return model.sequences.get(command.sequence)?.swapped === true;
      case "reset":
        return capabilities.reset === true;
      case "custom":
        return this.#commands.has(command.name);
      case "issue":
        return capabilities.plans === true && this.#isBuilding;
      case "commit":
      case "rollback":
        return capabilities.plans === true && !model.isQuiet;
    }
  }

  /** At least one token, and not more than a sequence may have. */
  #isLegalLength(added: number, present = 0): boolean {
    return added > 0 && present + added <= this.#sizes.maxTokens;
  }

  /** Whether the step under construction has something in it. */
  get #isBuilding(): boolean {
    return this.model.open.rows.length > 0 || this.model.open.born.size > 0;
  }

  #isResident(sequence: number): boolean {
    return this.model.sequences.get(sequence)?.swapped === false;
  }

  #perform(command: Command): Outcome {
    switch (command.kind) {
      case "allocate":
        return this.#allocate(command.sequence, command.tokens, domainOf(command));
      case "append":
        return this.#apply(this.allocator.append(command.sequence, command.tokens), () =>
          this.model.append(command.sequence, command.tokens),
        );
      case "free":
        this.allocator.free(command.sequence);
        this.model.free(command.sequence);
        return NOTHING_SAID;
      case "fork":
        return this.#fork(command.sequence, command.child);
      case "lookup":
        return { ...NOTHING_SAID, lookup: this.#lookup(command.tokens, domainOf(command)) };
      case "swapOut":
        return this.#apply(this.allocator.swapOut!(command.sequence), () => this.model.swap(command.sequence, true));
      case "swapIn":
        return this.#apply(this.allocator.swapIn!(command.sequence), () => this.model.swap(command.sequence, false));
      case "issue":
        this.#issue();
        return NOTHING_SAID;
      case "commit":
        if (this.model.onTheirWay.length === 0) this.#issue();
        this.#commit();
        return NOTHING_SAID;
      case "rollback":
        return this.#rollback();
      case "reset":
        this.allocator.reset!();
        this.model.reset();
        return NOTHING_SAID;
      case "custom":
        this.#commands.get(command.name)!.run(this.allocator, command.value);
        return NOTHING_SAID;
    }
  }

  #allocate(sequence: number, tokens: readonly number[], domain: Domain): Outcome {
    const lookup = this.capabilities.prefixCache === true ? this.#lookup(tokens, domain) : null;
    const answer: Allocation | null = this.allocator.allocate(sequence, tokens, domain);
    return {
      ...this.#apply(answer, () => this.model.allocate(sequence, tokens, domain, answer!.cachedTokens)),
      lookup,
    };
  }

  #lookup(tokens: readonly number[], domain: Domain): LookupResult {
    const { known, open } = this.model;
    const mayBeGone = this.capabilities.evictsNodes === true || (this.#isWindowed ? this.#everPressed : this.#pressed);
    // No step copies what it computes itself; what went to host memory cannot be copied in part.
    const parts = this.capabilities.partialHits === true && !(this.#sizes.hostBlockCount > 0 && this.#everPressed);
    return {
      tokens,
      found: this.allocator.lookup!(tokens, domain),
      most: known.most(tokens, domain),
      mostAnywhere: known.most(tokens, null),
      mostMissed: known.mostMissed(tokens, domain),
      least: mayBeGone ? 0 : known.least(tokens, domain, (block) => parts && !open.blocks.includes(block)),
    };
  }

  #apply(answer: PlanMoves | null, toModel: () => void): Outcome {
    if (answer !== null) {
      toModel();
      this.#openMoves.push(answer);
    }
    return { ...NOTHING_SAID, answer };
  }

  #fork(sequence: number, child: number): Outcome {
    const answer = this.allocator.fork!(sequence, child);
    const inFlight = this.capabilities.forkInFlight === true;
    if (answer !== null) {
      this.model.fork(sequence, child, inFlight);
      if (inFlight) this.#openMoves.push(answer);
      else this.#memory.move(answer);
    }
    return { ...NOTHING_SAID, answer };
  }

  #issue(): void {
    while (this.model.onTheirWay.length >= MAX_STEPS_ON_THEIR_WAY) this.#commit();
    const { rows } = this.model.open;
    const numberOf = new Map([...this.model.sequences].map(([number, sequence]) => [sequence, number]));
    const tables = copyTables(this.allocator, this.model, this.#sizes.windows.length);
    const deviceRows = rows.map((row): DeviceRow => ({
      ...row,
      number: numberOf.get(row.sequence)!,
      tables: tables.get(numberOf.get(row.sequence)!)!,
    }));
    this.#faults.sharedWrites.push(
      ...findSharedWrites(deviceRows, { tables, sequences: this.model.sequences, sizes: this.#sizes }),
    );
    const step = { rows: deviceRows, moves: joinMoves(this.#openMoves) };
    const { misreads, disorder } = runStep(this.#memory, this.#sizes, step);
    this.#faults.misreads.push(...misreads);
    this.#faults.disorder.push(...disorder);
    this.#issued.push(step);
    this.#openMoves = [];
    this.allocator.issue?.();
    this.model.issue();
  }

  #commit(): void {
    this.#issued.shift();
    this.allocator.commit?.();
    this.model.commit();
  }

  #rollback(): Outcome {
    if (this.#isBuilding) this.#issue();
    const { rows } = this.model.onTheirWay.at(-1)!;
    spoilStep(this.#memory, this.#sizes, this.#issued.pop()!, SPOILED);
    this.allocator.rollback!();
    return { ...NOTHING_SAID, undone: { rows, blocks: this.model.rollback() } };
  }

  /** Ends the step under construction, if there is one; `wait` for all that are on their way. */
  #closeStep(wait: boolean): void {
    if (this.#isBuilding) this.#issue();
    if (wait) while (this.model.onTheirWay.length > 0) this.#commit();
  }

  #refreshKnown(): Moment["forgotten"] {
    const running = new Set([...this.model.sequences.values()].flatMap(({ names }) => names));
    this.#pressed = false;
    return this.model.known.refresh(
      ({ tokens, domain }) => this.allocator.lookup!([...tokens, NO_TOKEN], domain) >= tokens.length,
      ({ name }) => running.has(name),
    );
  }

  #snapshot(full: boolean): Snapshot {
    const counts = this.allocator.stats();
    const host = this.allocator.hostStats?.() ?? null;
    return {
      counts,
      host,
      tables: full ? copyTables(this.allocator, this.model, this.#sizes.windows.length) : new Map(),
    };
  }
}

function domainOf({
  salt = NO_DOMAIN.salt,
  adapterId = NO_DOMAIN.adapterId,
}: {
  readonly salt?: string;
  readonly adapterId?: number;
}): Domain {
  return { salt, adapterId };
}

/** The allocator's answer to every command of a program, and to the commands that end it. */
export function* moments(
  run: AllocatorRun,
  { commands }: Program,
  isFull: (index: number) => boolean = () => true,
): Generator<Moment> {
  for (const [index, command] of commands.entries()) {
    const moment = run.step(command, isFull(index));
    if (moment !== null) yield moment;
  }
  for (const command of run.ending()) {
    const moment = run.step(command, true);
    if (moment !== null) yield moment;
  }
}
