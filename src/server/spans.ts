import { type Attributes, SpanKind, SpanStatusCode, trace, type Tracer } from "@opentelemetry/api";
import type { Job } from "./openai/job.ts";
import type { RequestSpan, ServerSpans } from "./telemetry.ts";

/** OpenTelemetry's conventions know no name for this server. */
const PROVIDER = "bstar";

/**
 * Spans of OpenTelemetry, by its conventions for generative AI. They say nothing of prompts and answers. Without an SDK
 * in the process they are nothing, and cost nothing.
 */
export function createSpans(tracer: Tracer = trace.getTracer("bstar")): ServerSpans {
  return {
    begin(job: Job, model: string): RequestSpan {
      const attributes = requestAttributes(job, model);
      const span = tracer.startSpan(`${job.operation} ${model}`, { kind: SpanKind.SERVER, attributes });
      return {
        end({ responseId, reasons, counts, errorCode }) {
          span.setAttributes({
            "gen_ai.response.id": responseId,
            "gen_ai.response.model": model,
            "gen_ai.response.finish_reasons": [...reasons],
            "gen_ai.usage.input_tokens": counts.promptTokens,
            "gen_ai.usage.output_tokens": counts.outputTokens,
            "gen_ai.usage.cache_read.input_tokens": counts.cachedTokens,
            ...(errorCode !== null && { "error.type": errorCode }),
          });
          if (errorCode !== null) span.setStatus({ code: SpanStatusCode.ERROR });
          span.end();
        },
      };
    },
  };
}

function requestAttributes({ operation, maxTokens, request }: Job, model: string): Attributes {
  const { sampling, stop } = request;
  return {
    "gen_ai.operation.name": operation,
    "gen_ai.provider.name": PROVIDER,
    "gen_ai.request.model": model,
    "gen_ai.request.max_tokens": maxTokens ?? undefined,
    "gen_ai.request.temperature": sampling?.temperature,
    "gen_ai.request.top_p": sampling?.topP,
    "gen_ai.request.top_k": sampling?.topK,
    "gen_ai.request.seed": sampling?.seed,
    "gen_ai.request.stop_sequences": stop === undefined ? undefined : [...stop],
  };
}
