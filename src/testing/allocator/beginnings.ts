import type { Domain } from "./allocator.ts";

/**
 * Numbers for beginnings of sequences: two have the same number exactly when their domains and all their tokens are
 * equal. It stands for the keys and values of the last token, which depend on everything before it.
 */
export class BeginningNames {
  readonly #numbers = new Map<string, number>();
  #epoch = 0;

  /** From now on beginnings have other numbers: what was computed until now is of no use. */
  startAnew(): void {
    this.#epoch++;
  }

  /** [tokens] The number of the beginning up to each token. */
  nameAll(domain: Domain, tokens: readonly number[]): number[] {
    const names: number[] = [];
    this.extend(names, domain, tokens);
    return names;
  }

  /** Appends the numbers of the tokens that follow. */
  extend(names: number[], domain: Domain, tokens: readonly number[]): void {
    for (const token of tokens) {
      const before =
        names.length === 0 ? JSON.stringify([domain.salt, domain.adapterId, this.#epoch]) : names[names.length - 1];
      names.push(this.#numberOf(`${before},${token}`));
    }
  }

  #numberOf(key: string): number {
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    this.#numbers.set(key, this.#numbers.size);
    return this.#numbers.size - 1;
  }
}
