import { expect, test } from "vitest";
import type { Request } from "../../src/request.ts";
import { Clients } from "../../src/sim/clients.ts";

const request = { promptTokenCount: 10, outputTokenCount: 3 } as Request;
const from = (client?: string) => ({ at: 0, promptTokens: 10, outputTokens: 3, client });

test("adds up what each client got", () => {
  const clients = new Clients();
  clients.finished(from("a"), request, 1);
  clients.finished(from("a"), request, 3);
  clients.finished(from(), request, 2);
  expect(clients.all()).toEqual([
    { client: "a", requests: 2, promptTokens: 20, outputTokens: 6, ttftSum: 4 },
    { client: "", requests: 1, promptTokens: 10, outputTokens: 3, ttftSum: 2 },
  ]);
});

test("the index is 1 where all wait alike, and 1 / n where one alone waits", () => {
  const alike = new Clients();
  const one = new Clients();
  for (const name of ["a", "b", "c", "d"]) {
    alike.finished(from(name), request, 2);
    one.finished(from(name), request, name === "a" ? 2 : 0);
  }
  expect(alike.waitingIndex).toBeCloseTo(1, 12);
  expect(one.waitingIndex).toBeCloseTo(0.25, 12);
  expect(new Clients().waitingIndex).toBe(1);
});

test("beyond a few thousand clients the rest are counted together", () => {
  const clients = new Clients();
  for (let i = 0; i < 5000; i++) clients.finished(from(String(i)), request, 1);
  const all = clients.all();
  expect(all).toHaveLength(4097);
  expect(all.at(-1)).toMatchObject({ client: "(others)", requests: 5000 - 4096 });
});
