/** An item of a response's output, as clients read it. */
export type OutputItem = { readonly type: string; readonly id: string; readonly status: string } & Readonly<
  Record<string, unknown>
>;

/** A message or a thought, while its text grows. */
export class TextItem {
  readonly kind: "message" | "reasoning";
  readonly id: string;
  text = "";
  readonly logprobs: object[] = [];

  constructor(kind: "message" | "reasoning", id: string) {
    this.kind = kind;
    this.id = kind === "message" ? `msg_${id}` : `rs_${id}`;
  }

  /** In the names of its events. */
  get textName(): "output_text" | "reasoning_text" {
    return this.kind === "message" ? "output_text" : "reasoning_text";
  }

  add(text: string, logprobs: readonly object[]): void {
    this.text += text;
    this.logprobs.push(...logprobs);
  }

  /** The item before its text. */
  added(): OutputItem {
    return this.#item("in_progress", []);
  }

  done(status: "completed" | "incomplete"): OutputItem {
    return this.#item(status, [this.part(this.text)]);
  }

  /** Its one part. */
  part(text: string): object {
    if (this.kind === "reasoning") return { type: "reasoning_text", text };
    return { type: "output_text", text, annotations: [], logprobs: text === "" ? [] : this.logprobs };
  }

  #item(status: string, content: readonly object[]): OutputItem {
    const { id, kind: type } = this;
    if (type === "reasoning") return { type, id, status, summary: [], content };
    return { type, id, status, role: "assistant", content };
  }
}
