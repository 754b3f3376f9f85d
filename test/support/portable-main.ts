import { portableReport } from "./portable.ts";

// The one way to print that Node, Deno and Bun share.
// oxlint-disable-next-line no-console
console.log(await portableReport());
