import { portableReport } from "./portable.ts";

console.log(await portableReport());
