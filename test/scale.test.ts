/** Two servers behind a real HAProxy, with the configuration of docs/scale.md. */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { configOf, hasHaproxy, type ServerProcess, startHaproxy, startServer } from "./support/haproxy.ts";

test("the configuration that runs here is the one of docs/scale.md", () => {
  const page = readFileSync(new URL("../docs/scale.md", import.meta.url), "utf8");
  const shown = configOf(8000, [8001, 8002]).replace("bind 127.0.0.1:8000", "bind *:8000");
  expect(
    page.replaceAll(/10\.0\.0\.[12]:8000/g, (address) =>
      address.includes("0.1:") ? "127.0.0.1:8001" : "127.0.0.1:8002",
    ),
  ).toContain(shown);
});

/** What became of one streamed answer. */
interface Streamed {
  readonly began: boolean;
  readonly isWhole: boolean;
}

describe.skipIf(!hasHaproxy())("two servers behind HAProxy (skipped where haproxy is not installed)", () => {
  let servers: ServerProcess[] = [];
  let proxy!: Awaited<ReturnType<typeof startHaproxy>>;
  beforeAll(async () => {
    servers = await Promise.all([startServer(), startServer()]);
    proxy = await startHaproxy(servers.map(({ port }) => port));
  });
  afterAll(() => Promise.all([proxy?.kill(), ...servers.map(({ kill }) => kill())]));

  const ask = (session: string, maxTokens: number): Promise<Response> =>
    fetch(`${proxy.url}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-session-id": session },
      body: JSON.stringify({
        messages: [{ role: "user", content: `Hello from ${session}` }],
        max_tokens: maxTokens,
        ignore_eos: true,
        stream: true,
      }),
    });

  test("the turns of a conversation go to one server, conversations to both", async () => {
    const counts = (): number[] => servers.map(({ answered }) => answered());
    const owners = new Set<number>();
    for (let session = 0; session < 8; session++) {
      const before = counts();
      for (let turn = 0; turn < 3; turn++) await (await ask(`session ${session}`, 1)).text();
      // A line of the log may come after the answer's last byte.
      while (counts()[0] + counts()[1] < before[0] + before[1] + 3) {
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      const added = counts().map((count, i) => count - before[i]);
      expect(added.toSorted((a, b) => a - b)).toEqual([0, 3]);
      owners.add(added.indexOf(3));
    }
    expect(owners.size).toBe(2);
  });

  test("a server that dies in mid-load loses no request that had not begun to stream", async () => {
    let begun = 0;
    const stream = async (session: string): Promise<Streamed> => {
      let text = "";
      try {
        const response = await ask(session, 64);
        if (response.status !== 200) return { began: false, isWhole: false };
        begun++;
        for await (const part of response.body!.pipeThrough(new TextDecoderStream())) text += part;
      } catch {
        return { began: text !== "", isWhole: false };
      }
      return { began: text !== "", isWhole: text.includes("data: [DONE]") };
    };
    const streams = Array.from({ length: 40 }, (_, n) => stream(`load ${n}`));
    while (begun < 6) await new Promise((resolve) => setTimeout(resolve, 5));
    await servers[0].kill();
    const outcomes = await Promise.all(streams);
    expect(outcomes.filter(({ began, isWhole }) => !began && !isWhole)).toEqual([]);
    expect(outcomes.filter(({ isWhole }) => isWhole).length).toBeGreaterThan(20);
  });
});
