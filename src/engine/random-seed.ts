/** A seed for a request that has none: draws of different requests are then independent. 53 bits. */
export function randomSeed(): number {
  return Math.floor(Math.random() * Number.MAX_SAFE_INTEGER);
}
