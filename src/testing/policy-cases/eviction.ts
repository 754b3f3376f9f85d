import { assert } from "../../assert.ts";
import type { CachedBlocks, EvictionPolicy, EvictionStorage } from "../../blocks/eviction.ts";
import { SchedulerDrive } from "../scheduler-drive.ts";
import { drawProgram } from "../scheduler-program.ts";
import type { PolicyCase } from "./policy-case.ts";
import { withoutTinySteps } from "./scheduler-runs.ts";

/** The rules of eviction policies. */
export function evictionCases(make: () => EvictionPolicy): PolicyCase[] {
  return [
    {
      name: "an eviction policy names blocks that were added and not removed, children before parents",
      run(random) {
        const program = {
          ...withoutTinySteps(drawProgram(random.integer(0, 2 ** 31))),
          blockCount: random.integer(6, 16),
        };
        new SchedulerDrive(program, { eviction: new WatchedEviction(make()) }).run();
      },
    },
  ];
}

/** A policy that is watched while the prefix cache uses it. */
export class WatchedEviction implements Required<EvictionPolicy> {
  readonly name: string;
  readonly #policy: EvictionPolicy;
  readonly #cached = new Set<number>();
  #blocks!: CachedBlocks;

  constructor(policy: EvictionPolicy) {
    this.#policy = policy;
    this.name = policy.name;
  }

  attach(storage: EvictionStorage, blocks: CachedBlocks): void {
    this.#blocks = blocks;
    this.#policy.attach(storage, blocks);
  }

  add(block: number): void {
    this.#cached.add(block);
    this.#policy.add(block);
  }

  remove(block: number): void {
    this.#cached.delete(block);
    this.#policy.remove(block);
  }

  victim(): number {
    const block = this.#policy.victim();
    assert(
      this.#cached.has(block),
      () => `${this.name} gives up ${block}, which is none of the ${this.#cached.size} cached blocks`,
    );
    assert(this.#blocks.isLeaf(block), () => `${this.name} gives up block ${block} before its children`);
    return block;
  }

  hit(block: number): void {
    this.#policy.hit?.(block);
  }

  becameLeaf(block: number): void {
    this.#policy.becameLeaf?.(block);
  }

  dropped(block: number): void {
    this.#policy.dropped?.(block);
  }

  retain(block: number, priority: number, until: number): void {
    this.#policy.retain?.(block, priority, until);
  }

  advance(now: number): void {
    this.#policy.advance?.(now);
  }
}
