import type { Attributes, Span, Tracer } from "@opentelemetry/api";
import { expect, test } from "vitest";
import { createSpans } from "../../src/server/spans.ts";
import { post, serveScripted } from "../support/served.ts";

interface SeenSpan {
  readonly name: string;
  attributes: Attributes;
  ended: boolean;
}

/** A tracer that keeps what it is told. */
function recordingTracer(): { tracer: Tracer; spans: SeenSpan[] } {
  const spans: SeenSpan[] = [];
  const tracer = {
    startSpan(name: string, options: { attributes: Attributes }) {
      const seen: SeenSpan = { name, attributes: { ...options.attributes }, ended: false };
      spans.push(seen);
      return {
        setAttributes: (more: Attributes) => void Object.assign(seen.attributes, more),
        setStatus: ({ code }: { code: number }) => void (seen.attributes["status"] = code),
        end: () => void (seen.ended = true),
      } as unknown as Span;
    },
  } as unknown as Tracer;
  return { tracer, spans };
}

test("a request is a span with the names of the conventions, and without its prompt", async () => {
  const { tracer, spans } = recordingTracer();
  const { handler, engine } = serveScripted({ spans: createSpans(tracer) });
  await post(handler, "/v1/completions", { prompt: "secret", max_tokens: 3, temperature: 0.5, seed: 7, stop: ["x"] });
  expect(spans).toMatchObject([
    {
      name: "text_completion scripted",
      ended: true,
      attributes: {
        "gen_ai.operation.name": "text_completion",
        "gen_ai.provider.name": "bstar",
        "gen_ai.request.model": "scripted",
        "gen_ai.request.max_tokens": 3,
        "gen_ai.request.temperature": 0.5,
        "gen_ai.request.seed": 7,
        "gen_ai.request.stop_sequences": ["x"],
        "gen_ai.response.finish_reasons": ["length"],
        "gen_ai.usage.input_tokens": 6,
        "gen_ai.usage.output_tokens": 3,
      },
    },
  ]);
  expect(JSON.stringify(spans)).not.toContain("secret");
  await engine.dispose();
});

test("a request that fails is a span with its error", async () => {
  const { tracer, spans } = recordingTracer();
  const { handler, engine } = serveScripted({ spans: createSpans(tracer) }, { fails: () => new Error("no device") });
  const messages = [{ role: "user", content: "hello" }];
  expect((await post(handler, "/v1/chat/completions", { messages })).status).toBe(500);
  expect(spans).toMatchObject([{ name: "chat scripted", ended: true, attributes: { "error.type": "step_failed" } }]);
  await engine.dispose();
});

test("without an SDK nothing happens", async () => {
  const { handler, engine } = serveScripted({ spans: createSpans() });
  expect((await post(handler, "/v1/completions", { prompt: "abc", max_tokens: 2 })).status).toBe(200);
  await engine.dispose();
});
