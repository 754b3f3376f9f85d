import { expect, test } from "vitest";
import { routeNamed, ROUTES } from "../../../src/sim/index.ts";

test("each name makes a new policy of that name; others are refused with the list", () => {
  for (const name of ROUTES.keys()) {
    expect([routeNamed(name).name, routeNamed(name) === routeNamed(name)]).toEqual([name, false]);
  }
  expect(() => routeNamed("random")).toThrow(/unknown route "random"; known: round-robin, least-loaded, prefix-aware/);
});
