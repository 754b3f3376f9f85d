import {
  AbortedError,
  BstarError,
  ConstraintError,
  DeviceLostError,
  DisposedError,
  InfeasibleRequestError,
  InvalidRequestError,
  QueueFullError,
  TimeoutError,
  WorkerLostError,
} from "../../errors.ts";

/** What an error says beside its message. */
export interface ApiErrorDetails {
  /** The body's field that is wrong, such as `messages[0].content`. Default null. */
  readonly param?: string | null;
  /** Stable, for programs. Default the type of the status. */
  readonly code?: string;
  /** Seconds after which the client may try again. Default none. */
  readonly retryAfter?: number;
}

/** A refusal that a client gets: a status, and the body of OpenAI's errors. */
export class ApiError extends BstarError {
  override readonly name: string = "ApiError";
  readonly status: number;
  readonly param: string | null;
  readonly retryAfter: number | null;

  constructor(status: number, message: string, { param = null, code, retryAfter }: ApiErrorDetails = {}) {
    super(code ?? typeOf(status), message);
    this.status = status;
    this.param = param;
    this.retryAfter = retryAfter ?? null;
  }
}

/** OpenAI's error body. */
export interface ErrorBody {
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly param: string | null;
    readonly code: string;
  };
}

export function errorBody({ status, message, param, code }: ApiError): ErrorBody {
  return { error: { message, type: typeOf(status), param, code } };
}

/** The client left before its answer: nginx's number, for logs; it is never sent. */
export const CLIENT_CLOSED_REQUEST = 499;

/** Seconds after which an overloaded server may be asked again: some steps, after which requests have ended. */
const RETRY_SECONDS = 1;

/** The refusal that an error of the engine becomes. What is no error of bstar is a 500 that shows nothing of it. */
export function apiErrorOf(thrown: unknown): ApiError {
  if (thrown instanceof ApiError) return thrown;
  if (!(thrown instanceof BstarError)) return new ApiError(500, "the server failed", { code: "internal_error" });
  const { code, message } = thrown;
  if (thrown instanceof InvalidRequestError || thrown instanceof ConstraintError) {
    return new ApiError(400, message, { code: "invalid_value" });
  }
  if (thrown instanceof InfeasibleRequestError) return new ApiError(400, message, { code: "context_length_exceeded" });
  if (thrown instanceof QueueFullError) return new ApiError(503, message, { code, retryAfter: RETRY_SECONDS });
  if (thrown instanceof TimeoutError) return new ApiError(408, message, { code });
  if (thrown instanceof AbortedError) return new ApiError(CLIENT_CLOSED_REQUEST, message, { code });
  if (thrown instanceof DisposedError) return new ApiError(503, "the server is shutting down", { code });
  if (thrown instanceof DeviceLostError || thrown instanceof WorkerLostError) {
    return new ApiError(503, message, { code, retryAfter: RETRY_SECONDS });
  }
  return new ApiError(500, message, { code });
}

function typeOf(status: number): string {
  if (status === 401) return "authentication_error";
  if (status === 404) return "not_found_error";
  if (status === 408) return "timeout_error";
  if (status === 429) return "rate_limit_error";
  return status < 500 ? "invalid_request_error" : "server_error";
}
