import { pino } from "pino";
import type { ServerLog } from "../../server/index.ts";
import type { Io } from "../io.ts";

/** JSON lines on standard error, one a request: all of them, failed ones, or none. */
export function requestLog(what: "all" | "errors" | "none", io: Pick<Io, "stderr">): ServerLog | undefined {
  if (what === "none") return undefined;
  // A closed standard error must not end the server.
  const destination = { write: (line: string) => void io.stderr.write(line).catch(() => {}) };
  const logger = pino({ base: null, level: what === "all" ? "info" : "warn" }, destination);
  return ({ cause, ...entry }) => {
    if (entry.status >= 500) logger.error({ ...entry, ...(cause === undefined ? {} : { err: cause }) });
    else if (entry.status >= 400) logger.warn(entry);
    else logger.info(entry);
  };
}
