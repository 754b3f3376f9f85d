import { type ApiError, errorBody } from "./api-error.ts";

/** Ends a stream of completions; streams of the Responses API have no such mark. */
export const DONE = "data: [DONE]\n\n";

/** A server-sent event without a name. JSON has no line breaks, so one `data:` line holds it. */
export function dataEvent(json: string): string {
  return `data: ${json}\n\n`;
}

/** An error in the middle of a stream of completions: the status is sent already. */
export function failedStream(error: ApiError): string {
  return dataEvent(JSON.stringify(errorBody(error))) + DONE;
}
