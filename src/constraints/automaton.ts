import { ConstraintError } from "../errors.ts";
import { analyze } from "./analyze.ts";
import { EMPTY, type Expression, fewer } from "./expression.ts";

/** Distinct parts of one grammar: beyond it a grammar is refused when it is made. */
export const MAX_GRAMMAR_SIZE = 10_000;

/**
 * Expressions that may be left open inside each other: about 64 levels of JSON, more than most readers of JSON take.
 */
export const MAX_STACK = 256;

/** Ways in which one text may be read at a time: more means a grammar whose cost grows with the text. */
const MAX_HEADS = 4096;

/** States that are kept, about 1 KiB each. At the limit all are dropped, and made again as texts need them. */
const MAX_STATES = 20_000;

/** What is left to match: an expression, then the rest. One object for equal contents, so identity is equality. */
interface Continuation {
  readonly id: number;
  readonly expression: Expression;
  readonly next: Continuation | null;
  /** Continuations behind this one. */
  readonly depth: number;
}

/** Nothing is left to match. */
const END: Continuation = { id: 0, expression: EMPTY, next: null, depth: 0 };

/** A set of continuations that begin with a byte; one object for equal sets. */
export interface State {
  readonly heads: readonly Continuation[];
  /** The text so far is a match. */
  readonly accepting: boolean;
  /** [classCount] the state behind a byte of the class; null for none, undefined where no text has asked yet. */
  readonly next: (State | null | undefined)[];
}

/**
 * A machine that reads bytes and follows all ways to match them at once, made state by state as texts need them: a
 * pushdown automaton, and a DFA where no rule is recursive. Sources: Thompson, "Regular expression search algorithm"
 * (1968); the sets of stacks follow Tomita's parser (1985).
 *
 * Law: from each state some text leads to an accepting one. What cannot be completed within `MAX_STACK` is cut off
 * where it begins.
 */
export class Automaton {
  readonly start: State;
  readonly #byteClasses: Uint8Array;
  readonly #classCount: number;
  #continuations = new Map<Expression, Map<Continuation, Continuation>>();
  #states = new Map<string, State>();
  #nextId = 1;

  /** Throws `ConstraintError` where the grammar is too large or matches no text. */
  constructor(root: Expression) {
    const { size, byteClasses, classCount } = analyze(root);
    if (size > MAX_GRAMMAR_SIZE) {
      throw new ConstraintError(`the grammar has ${size} parts; at most ${MAX_GRAMMAR_SIZE} are supported`);
    }
    if (root.height > MAX_STACK) throw new ConstraintError("no text matches the grammar");
    this.#byteClasses = byteClasses;
    this.#classCount = classCount;
    const closure = new Closure(this.#push);
    closure.add(this.#push(root, END));
    this.start = this.#intern(closure);
  }

  /** The state behind the byte; null where no match goes on with it. */
  step(state: State, byte: number): State | null {
    const known = state.next[this.#byteClasses[byte]];
    return known === undefined ? this.#make(state, byte) : known;
  }

  /** The only byte that leads on; -1 where there are several or none. */
  onlyByte(state: State): number {
    let only = -1;
    for (const { expression } of state.heads) {
      if (expression.kind !== "bytes" || expression.low !== expression.high) return -1;
      if (only !== -1 && only !== expression.low) return -1;
      only = expression.low;
    }
    return only;
  }

  #make(state: State, byte: number): State | null {
    if (this.#states.size >= MAX_STATES) this.#forget();
    const closure = new Closure(this.#push);
    for (const { expression, next } of state.heads) {
      if (expression.kind === "bytes" && expression.low <= byte && byte <= expression.high) closure.add(next);
    }
    const made = closure.heads.length === 0 && !closure.accepting ? null : this.#intern(closure);
    state.next[this.#byteClasses[byte]] = made;
    return made;
  }

  /** States that a sequence holds stay right, and lead to new ones. */
  #forget(): void {
    this.#states = new Map();
    this.#continuations = new Map();
  }

  #intern({ heads, accepting }: Closure): State {
    if (heads.length > MAX_HEADS) {
      throw new ConstraintError(`the grammar is ambiguous: one text can be read in more than ${MAX_HEADS} ways`);
    }
    heads.sort((a, b) => a.id - b.id);
    const key = `${accepting ? "!" : ""}${heads.map(({ id }) => id).join(",")}`;
    let state = this.#states.get(key);
    if (state === undefined) {
      state = { heads, accepting, next: new Array<undefined>(this.#classCount).fill(undefined) };
      this.#states.set(key, state);
    }
    return state;
  }

  /** `expression`, then `next`; null where the stack is too small to complete it. */
  readonly #push = (expression: Expression, next: Continuation): Continuation | null => {
    if (next.depth + expression.height > MAX_STACK) return null;
    let byNext = this.#continuations.get(expression);
    if (byNext === undefined) this.#continuations.set(expression, (byNext = new Map()));
    let made = byNext.get(next);
    if (made === undefined) {
      made = { id: this.#nextId++, expression, next, depth: next.depth + 1 };
      byNext.set(next, made);
    }
    return made;
  };
}

type Push = (expression: Expression, next: Continuation) => Continuation | null;

/** All continuations that begin with a byte and are reached without reading one. */
class Closure {
  readonly heads: Continuation[] = [];
  accepting = false;
  readonly #push: Push;
  readonly #seen = new Set<Continuation>();

  constructor(push: Push) {
    this.#push = push;
  }

  add(from: Continuation | null): void {
    const open = [from];
    while (open.length > 0) {
      const continuation = open.pop() ?? null;
      if (continuation === null || this.#seen.has(continuation)) continue;
      this.#seen.add(continuation);
      if (continuation === END) this.accepting = true;
      else if (continuation.expression.kind === "bytes") this.heads.push(continuation);
      else open.push(...this.#expand(continuation));
    }
  }

  /** What the continuation's first expression stands for. */
  #expand({ expression, next }: Continuation): (Continuation | null)[] {
    const push = this.#push;
    switch (expression.kind) {
      case "bytes":
        return [];
      case "sequence": {
        const rest = push(expression.rest, next!);
        return rest === null ? [] : [push(expression.first, rest)];
      }
      case "choice":
        return expression.options.map((option) => push(option, next!));
      case "repeat": {
        const ways: (Continuation | null)[] = expression.min === 0 ? [next] : [];
        const rest = expression.max === 0 ? null : push(fewer(expression), next!);
        if (rest !== null) ways.push(push(expression.body, rest));
        return ways;
      }
      case "rule":
        return [push(expression.body!, next!)];
    }
  }
}
