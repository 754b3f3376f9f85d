import { type ApiError, errorBody } from "./api-error.ts";

/** Ends a stream of completions; streams of the Responses API have no such mark. */
const DONE = "data: [DONE]\n\n";

/** The events of a stream of completions, all of which begin with the same fields. */
export class CompletionEvents {
  readonly #fields: object;
  readonly #includeUsage: boolean;
  /** A chunk up to its choice. */
  readonly #before: string;

  constructor(fields: object, includeUsage: boolean) {
    this.#fields = fields;
    this.#includeUsage = includeUsage;
    this.#before = JSON.stringify({ ...fields, choices: [] }).slice(0, -2);
  }

  chunk(choice: object): string {
    return dataEvent(`${this.#before}${JSON.stringify(choice)}]${this.#includeUsage ? ',"usage":null' : ""}}`);
  }

  /** `usage` is asked for where the client wants it. */
  end(usage: () => object): string {
    if (!this.#includeUsage) return DONE;
    return dataEvent(JSON.stringify({ ...this.#fields, choices: [], usage: usage() })) + DONE;
  }

  /** An error in the middle of the stream: the status is sent already. */
  fail(error: ApiError): string {
    return dataEvent(JSON.stringify(errorBody(error))) + DONE;
  }
}

/** A server-sent event without a name. JSON has no line breaks, so one `data:` line holds it. */
function dataEvent(json: string): string {
  return `data: ${json}\n\n`;
}
