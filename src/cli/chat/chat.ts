import type { ChatMessage } from "../../chat.ts";
import { Engine } from "../../engine/engine.ts";
import { BstarError } from "../../errors.ts";
import type { OpenedModel } from "../../models/index.ts";
import type { BackendName } from "../choose-backend.ts";
import { chooseBackend } from "../choose-backend.ts";
import { EXIT_FAILED, oneLine } from "../failure.ts";
import { defaultBlockCount } from "../generate/block-count.ts";
import { harmless } from "../generate/format.ts";
import type { Io } from "../io.ts";
import { openModel, thenClose } from "../model-source.ts";
import { linesOf } from "./lines.ts";

/** The options of `bstar chat`, checked one by one. */
export interface ChatOptions {
  readonly model: string;
  readonly system?: string;
  readonly maxTokens: number;
  readonly temperature: number;
  readonly topK: number;
  readonly topP: number;
  readonly minP: number;
  readonly seed: number;
  readonly backend?: BackendName;
  readonly tokenBudget: number;
  readonly blockSize: number;
}

const DIM = "\u001b[2m";
const PLAIN = "\u001b[0m";

/**
 * Runs `bstar chat`. A message that is refused is told and forgotten; the conversation goes on, and the exit code is 1.
 */
export async function chat(options: ChatOptions, io: Io): Promise<void> {
  const loaded = await openModel(options.model, {}, io);
  if (loaded.chat.name === "plain") {
    await io.stderr.write(`${loaded.name} has no chat template: turns are written as "User: …" and "Assistant: …"\n`);
  }
  await using engine = await thenClose(loaded, openEngine(options, loaded, io));
  const conversation = new Conversation(engine, loaded, { options, io });
  await conversation.prompt();
  for await (const line of linesOf(io.stdin, io.signal)) {
    const text = line.trim();
    if (text === "/exit") break;
    if (text === "/new") conversation.clear();
    else if (text !== "") await conversation.say(text);
    await conversation.prompt();
  }
}

async function openEngine(
  options: ChatOptions,
  { model, tokenizer, eosTokenIds, contextLength }: OpenedModel,
  io: Io,
): Promise<Engine> {
  const { blockSize, tokenBudget } = options;
  const blockCount = defaultBlockCount(model.config, {
    lengths: [contextLength],
    maxRequests: 1,
    blockSize,
    kv: "f32",
  });
  const backend = await chooseBackend(
    options.backend,
    { model, blockCount, blockSize, maxTokens: tokenBudget, maxRequests: 1 },
    io,
  );
  return new Engine({ backend, tokenizer, stopTokenIds: eosTokenIds });
}

/** The turns so far, and the engine that continues them. */
class Conversation {
  readonly #engine: Engine;
  readonly #template: OpenedModel["chat"];
  readonly #tokenizer: OpenedModel["tokenizer"];
  readonly #options: ChatOptions;
  readonly #io: Io;
  #messages: ChatMessage[] = [];

  constructor(
    engine: Engine,
    { chat: template, tokenizer }: OpenedModel,
    { options, io }: { options: ChatOptions; io: Io },
  ) {
    this.#engine = engine;
    this.#template = template;
    this.#tokenizer = tokenizer;
    this.#options = options;
    this.#io = io;
    this.clear();
  }

  clear(): void {
    const { system } = this.#options;
    this.#messages = system === undefined ? [] : [{ role: "system", content: system }];
  }

  /** In a terminal: where to write. */
  async prompt(): Promise<void> {
    if (this.#io.stdout.terminal !== null) await this.#io.stdout.write("> ");
  }

  async say(text: string): Promise<void> {
    const messages = [...this.#messages, { role: "user", content: text }];
    try {
      const content = await this.#answer(messages);
      this.#messages = [...messages, { role: "assistant", content }];
    } catch (error) {
      if (!(error instanceof BstarError) || this.#io.signal.aborted) throw error;
      await this.#io.stderr.write(`bstar: ${oneLine(error.message)} (/new begins a new conversation)\n`);
      this.#io.exitCode = EXIT_FAILED;
    }
  }

  /** Streams the answer; returns what of it is content. Thoughts are shown in a terminal alone, and forgotten. */
  async #answer(messages: readonly ChatMessage[]): Promise<string> {
    const { maxTokens, temperature, topK, topP, minP, seed } = this.#options;
    const { text: prompt, parts, addSpecialTokens = false } = this.#template.render(messages);
    const promptTokenIds = await this.#tokenizer.encodePartsAsync(parts, { addSpecialTokens, signal: this.#io.signal });
    const cached = this.#engine.cachedTokens({ promptTokenIds });
    const { stop, stopTokenIds } = this.#template;
    const stream = this.#engine.submit({
      promptTokenIds,
      stop,
      stopTokenIds,
      maxTokens,
      sampling: { temperature, topK, topP, minP, seed },
      signal: this.#io.signal,
    });
    const parser = this.#template.outputParser({ prompt });
    let content = "";
    let tokenCount = 0;
    const show = async (delta: ReturnType<typeof parser.push>): Promise<void> => {
      content += delta.content;
      if (delta.reasoning !== "") await this.#dim(delta.reasoning);
      if (delta.content !== "") await this.#io.stdout.write(this.#fit(delta.content));
    };
    for await (const { text, tokenIds } of stream) {
      tokenCount += tokenIds.length;
      await show(parser.push(text));
    }
    await show(parser.end());
    await this.#io.stdout.write("\n");
    await this.#io.stderr.write(
      `(${tokenCount} tokens; ${cached} of ${stream.promptTokenIds.length} prompt tokens from the prefix cache)\n`,
    );
    return content;
  }

  async #dim(text: string): Promise<void> {
    if (this.#io.stdout.terminal !== null) await this.#io.stdout.write(`${DIM}${harmless(text)}${PLAIN}`);
  }

  #fit(text: string): string {
    return this.#io.stdout.terminal === null ? text : harmless(text);
  }
}
