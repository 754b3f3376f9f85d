import { parentPort } from "node:worker_threads";
import { portableReport } from "./portable.ts";

parentPort!.postMessage(await portableReport());
