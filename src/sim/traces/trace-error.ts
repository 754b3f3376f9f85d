import { BstarError } from "../../errors.ts";

/** A trace cannot be used: the message names the file, the line and what is wrong with it. */
export class TraceError extends BstarError {
  override readonly name: string = "TraceError";
  constructor(message: string) {
    super("invalid_trace", message);
  }
}
