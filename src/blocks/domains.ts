/**
 * Numbers for the prefix cache's domains: requests share cached prefixes only inside one domain (salt and adapter). A
 * number lives while a request or a block uses it; then another domain may use it.
 *
 * Law: two domains in use have the same number exactly when salt and adapter are both equal.
 */
export class Domains {
  readonly #numbers = new Map<string, number>();
  readonly #keys: string[] = [];
  readonly #users: number[] = [];
  readonly #unused: number[] = [];

  /** The domain's number, with one more user. */
  acquire(salt: string, adapterId: number): number {
    // The adapter's digits end at the first colon, whatever the salt holds: the pair can be read back, so two pairs
    // never share a key.
    const key = `${adapterId}:${salt}`;
    let domain = this.#numbers.get(key);
    if (domain === undefined) {
      domain = this.#unused.pop() ?? this.#keys.length;
      this.#numbers.set(key, domain);
      this.#keys[domain] = key;
      this.#users[domain] = 0;
    }
    this.#users[domain]++;
    return domain;
  }

  retain(domain: number): void {
    this.#users[domain]++;
  }

  release(domain: number): void {
    if (--this.#users[domain] > 0) return;
    this.#numbers.delete(this.#keys[domain]);
    this.#unused.push(domain);
  }

  salt(domain: number): string {
    const key = this.#keys[domain];
    return key.slice(key.indexOf(":") + 1);
  }

  adapterId(domain: number): number {
    return Number.parseInt(this.#keys[domain], 10);
  }

  get size(): number {
    return this.#numbers.size;
  }
}
