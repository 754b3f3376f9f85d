import { afterEach, expect, test, vi } from "vitest";
import { DownloadError } from "../../../src/errors.ts";
import { carefulFetch, shownUrl } from "../../../src/models/hub/careful-fetch.ts";

afterEach(() => vi.unstubAllGlobals());

type Seen = [url: string, authorization: string | undefined];

function stub(answers: Record<string, Response | Error>): Seen[] {
  const seen: Seen[] = [];
  vi.stubGlobal("fetch", async (url: URL, { headers }: { headers: Record<string, string> }) => {
    seen.push([url.href, headers["authorization"]]);
    const answer = answers[url.href] ?? new Error("nothing there");
    if (answer instanceof Error) throw answer;
    return answer.clone();
  });
  return seen;
}

const to = (location: string): Response => new Response(null, { status: 302, headers: { location } });
const token = { origin: "https://a.test", value: "secret" };

test("a token stays with its origin, over redirects there and back", async () => {
  const seen = stub({
    "https://a.test/1": to("/2"),
    "https://a.test/2": to("https://b.test/3"),
    "https://b.test/3": to("https://a.test:444/4"),
    "https://a.test:444/4": to("https://a.test/5"),
    "https://a.test/5": new Response("ok"),
  });
  expect(await (await carefulFetch(new URL("https://a.test/1"), { token })).text()).toBe("ok");
  expect(seen.map(([, authorization]) => authorization)).toEqual([
    "Bearer secret",
    "Bearer secret",
    undefined,
    undefined,
    "Bearer secret",
  ]);
});

test.each(["http://a.test/x", "file:///etc/passwd", "ftp://a.test/x", "http://["])(
  "a redirect to %s is not followed",
  async (location) => {
    stub({ "https://a.test/1": to(location) });
    await expect(carefulFetch(new URL("https://a.test/1"))).rejects.toThrow(DownloadError);
  },
);

test("redirects in a circle end", async () => {
  stub({ "https://a.test/1": to("/1") });
  await expect(carefulFetch(new URL("https://a.test/1"))).rejects.toThrow(
    new DownloadError("https://a.test/1 redirects more than 5 times"),
  );
});

test("a server that is not there is named, with the reason, without signatures", async () => {
  stub({ "https://a.test/1?signature=x": new TypeError("fetch failed", { cause: new Error("connect ECONNREFUSED") }) });
  await expect(carefulFetch(new URL("https://a.test/1?signature=x"))).rejects.toThrow(
    new DownloadError("https://a.test/1 cannot be reached (connect ECONNREFUSED)"),
  );
  expect(shownUrl(new URL("https://me:secret@a.test/x?y=z#w"))).toBe("https://a.test/x");
});
