import { describe, expect, test } from "vitest";
import { type ClientAccount, ClientBook } from "../../../src/policies/queue/client-book.ts";
import { requestOf } from "../../support/request-views.ts";

const owed = (account: ClientAccount): number => account.balance;

function names(book: ClientBook): string[] {
  return [...book.accounts].map(({ name }) => name);
}

describe("ClientBook", () => {
  test("a client has one account, a request one entry, until it ends", () => {
    const book = new ClientBook(owed);
    const [a, b, other] = [requestOf(0, { client: "a" }), requestOf(1, { client: "a" }), requestOf(2, { client: "b" })];
    expect(book.open(a)).toBe(book.open(a));
    expect(book.open(b).account).toBe(book.of(a)!.account);
    expect(book.open(other).account).not.toBe(book.of(a)!.account);
    expect([book.of(a)!.account.live, names(book)]).toEqual([2, ["a", "b"]]);
    book.close(a);
    book.close(a);
    expect([book.of(a), book.of(b)!.account.live]).toEqual([undefined, 1]);
  });

  test("remembers what idle clients owe, up to a limit; who owes least is forgotten first", () => {
    const book = new ClientBook(owed);
    const live = requestOf(0, { client: "live" });
    book.open(live);
    for (let i = 1; i <= 4097; i++) {
      const request = requestOf(i, { client: `idle ${i}` });
      book.open(request).account.balance = i;
      book.close(request);
    }
    expect(names(book)).toHaveLength(1 + 4097 - 2048);
    expect(names(book).slice(0, 2)).toEqual(["live", "idle 2049"]);
    expect(book.open(requestOf(9999, { client: "idle 4097" })).account.balance).toBe(4097);
  });

  test("forgets all who owe nothing", () => {
    const book = new ClientBook(owed);
    for (let i = 0; i < 4097; i++) {
      const request = requestOf(i, { client: `idle ${i}` });
      book.open(request).account.balance = i < 4000 ? 0 : 1;
      book.close(request);
    }
    expect(names(book)).toHaveLength(97);
  });
});
