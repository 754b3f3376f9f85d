/** What a router does with KV events, with plain zeromq and msgpack: nothing of it is the library's. */
import { decode } from "@msgpack/msgpack";
import { Dealer, Subscriber } from "zeromq";

/** A message: sequence number and batch. */
export interface Received {
  readonly topic: string;
  readonly sequence: bigint;
  readonly batch: readonly [seconds: number, events: readonly WireMap[], rank: number | null];
}

export type WireMap = Readonly<Record<string, unknown>> & { readonly type: string };

/** The blocks of a server, rebuilt from its events: hashes by medium and group. */
export class BlockIndex {
  readonly blocks = new Map<string, Set<bigint>>();

  apply(events: readonly WireMap[]): void {
    for (const event of events) {
      const place = `${event["medium"] as string} ${(event["group_idx"] ?? 0) as number}`;
      const hashes = (event["block_hashes"] ?? []) as bigint[];
      if (event.type === "AllBlocksCleared") this.blocks.clear();
      else if (event.type === "BlockRemoved") for (const hash of hashes) this.#at(place).delete(hash);
      else if (event.type === "BlockStored") {
        const { token_ids: ids, block_size: size } = event as unknown as { token_ids: number[]; block_size: number };
        if (ids.length !== size * hashes.length) throw new Error("tokens and blocks do not agree");
        for (const hash of hashes) this.#at(place).add(hash);
      } else throw new Error(`unknown event ${event.type}`);
    }
  }

  at(place: string): bigint[] {
    return [...(this.blocks.get(place) ?? [])].toSorted((a, b) => (a < b ? -1 : 1));
  }

  #at(place: string): Set<bigint> {
    const known = this.blocks.get(place) ?? new Set<bigint>();
    this.blocks.set(place, known);
    return known;
  }
}

/** Live messages, as they come. */
export function subscribe(endpoint: string, topic = ""): { readonly received: Received[]; readonly close: () => void } {
  const socket = new Subscriber({ linger: 0 });
  socket.connect(endpoint);
  socket.subscribe(topic);
  const received: Received[] = [];
  void (async () => {
    for await (const frames of socket) received.push(messageOf(frames));
  })().catch(() => {});
  return { received, close: () => socket.close() };
}

/** The batches from a sequence number on, as the replay socket gives them. */
export async function replay(endpoint: string, start: bigint): Promise<Received[]> {
  const socket = new Dealer({ linger: 0 });
  socket.connect(endpoint);
  const number = Buffer.alloc(8);
  number.writeBigUInt64BE(start);
  await socket.send(["", number]);
  const received: Received[] = [];
  for await (const [, ...frames] of socket) {
    if (frames[1].readBigUInt64BE() === 2n ** 64n - 1n) break;
    received.push(messageOf(frames));
  }
  socket.close();
  return received;
}

function messageOf([topic, sequence, payload]: readonly Buffer[]): Received {
  return {
    topic: topic.toString(),
    sequence: sequence.readBigUInt64BE(),
    batch: decode(payload, { useBigInt64: true }) as Received["batch"],
  };
}
