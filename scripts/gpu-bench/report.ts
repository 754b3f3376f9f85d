/** One line of the table. */
export interface Row {
  readonly name: string;
  readonly value: string;
  /** Empty where there is none. */
  readonly aim: string;
}

export function markdownOf(rows: readonly Row[]): string {
  const lines = rows.map(({ name, value, aim }) => `| ${name} | ${value} | ${aim} |\n`);
  return `| what | measured | aim |\n|---|---|---|\n${lines.join("")}`;
}
