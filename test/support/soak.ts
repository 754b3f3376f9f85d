/**
 * The number of a large check: `quick` in `npm test`, the promised one under `npm run soak` (scripts/soak/checks.ts),
 * which sets BSTAR_SOAK.
 */
export function soakCount(quick: number): number {
  return Number(process.env["BSTAR_SOAK"] ?? quick);
}

/** True under `npm run soak`. */
export const isSoak = process.env["BSTAR_SOAK"] !== undefined;
