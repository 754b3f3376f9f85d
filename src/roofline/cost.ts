const SECONDS_PER_HOUR = 3600;
const HOURS_PER_DAY = 24;

export const SECONDS_PER_DAY = SECONDS_PER_HOUR * HOURS_PER_DAY;

/** Dollars for a day at that price an hour, busy or not. */
export function dollarsPerDay(dollarsPerHour: number): number {
  return dollarsPerHour * HOURS_PER_DAY;
}

/** Dollars for a million tokens at that price an hour and rate. Infinity where the rate is 0. */
export function dollarsPerMillionTokens(dollarsPerHour: number, tokensPerSecond: number): number {
  return (dollarsPerHour / SECONDS_PER_HOUR / tokensPerSecond) * 1e6;
}
