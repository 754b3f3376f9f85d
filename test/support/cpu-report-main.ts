import { cpuReport } from "./cpu-report.ts";

// The one way to print that Node, Deno and Bun share.
// oxlint-disable-next-line no-console
console.log(await cpuReport(2));
