/** A seed for a run that was given none: 31 bits, which every generator takes. */
export function randomSeed(): number {
  return Math.floor(Math.random() * 2 ** 31);
}
