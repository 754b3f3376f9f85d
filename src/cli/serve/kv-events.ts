import { InvalidOptionError } from "../../errors.ts";
import type { KvEventPublisher } from "../../kv-events/index.ts";
import { UsageError } from "../failure.ts";
import type { Io } from "../io.ts";
import type { ServeOptions } from "./options.ts";

/**
 * The publisher that `--kv-events` asks for, null without it. Says where it listens. Rejects with `UsageError` where an
 * endpoint cannot be had.
 */
export async function openKvEvents(options: ServeOptions, io: Pick<Io, "stderr">): Promise<KvEventPublisher | null> {
  const { kvEvents: endpoint, kvReplay: replayEndpoint = null, kvTopic: topic } = options;
  if (endpoint === undefined) {
    if (replayEndpoint !== null || topic !== undefined) {
      throw new UsageError("--kv-replay and --kv-topic belong to --kv-events, which names where events go");
    }
    return null;
  }
  const { createKvEventPublisher } = await import("../../kv-events/index.ts");
  const publisher = await createKvEventPublisher({ endpoint, replayEndpoint, topic }).catch((error: unknown) => {
    if (error instanceof InvalidOptionError) throw new UsageError(`--kv-events: ${error.message}`);
    throw error;
  });
  const replay = publisher.replayEndpoint === null ? "" : `, replays at ${publisher.replayEndpoint}`;
  await io.stderr.write(`bstar: events of the prefix cache at ${publisher.endpoint}${replay}\n`);
  const isOpen = [endpoint, replayEndpoint].some((each) => each !== null && !isPrivate(each));
  if (isOpen) await io.stderr.write(OPEN_TO_ALL);
  return publisher;
}

const OPEN_TO_ALL = "bstar: events carry prompts in clear, and other machines can read them at this address\n";

function isPrivate(endpoint: string): boolean {
  return /^(?:ipc|inproc):|^tcp:\/\/(?:127\.|localhost:|\[::1\])/.test(endpoint);
}
