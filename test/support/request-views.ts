import { Request, type RequestInput } from "../../src/request.ts";

/** A request as policies see it; `order` tells how old it is, smaller is older. */
export function requestOf(order: number, input: Partial<RequestInput> = {}): Request {
  return new Request(
    { id: order, promptTokenIds: [1], maxTokens: 1, ...input },
    { contextLength: 1000, order, now: 0 },
  );
}
