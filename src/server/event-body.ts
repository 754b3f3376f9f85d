/** What a stream of events does when its reader leaves, or falls behind. */
export interface EventBodyOptions {
  /** Bytes that may wait for the reader. */
  readonly unsentBytes: number;
  /** The reader left. */
  readonly onLeave: () => void;
}

/**
 * The body of a streamed answer. Law: `send` takes whole events, so that no chunk ends inside a character, and it never
 * holds more than `unsentBytes` and one event.
 */
export class EventBody {
  readonly stream: ReadableStream<Uint8Array>;
  readonly #encoder = new TextEncoder();
  #controller!: ReadableStreamDefaultController<Uint8Array>;
  #isOver = false;

  constructor({ unsentBytes, onLeave }: EventBodyOptions) {
    this.stream = new ReadableStream<Uint8Array>(
      {
        start: (controller) => void (this.#controller = controller),
        cancel: () => {
          this.#isOver = true;
          onLeave();
        },
      },
      { highWaterMark: unsentBytes, size: (chunk) => chunk.byteLength },
    );
  }

  /** False where the reader is too far behind or has left: nothing was sent. */
  send(events: string): boolean {
    if (this.#isOver) return false;
    if (events === "") return true;
    if (this.#controller.desiredSize! <= 0) return false;
    this.#controller.enqueue(this.#encoder.encode(events));
    return true;
  }

  /** The last events, whatever waits already. */
  end(events: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (events !== "") this.#controller.enqueue(this.#encoder.encode(events));
    this.#controller.close();
  }
}
