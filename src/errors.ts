/**
 * Base of every error that a user or a device can cause. `code` is stable; messages are for people.
 * Each class writes its `name` down: a minifier renames classes.
 */
export class BstarError extends Error {
  override readonly name: string = "BstarError";
  readonly code: string;
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** A value in a request is not usable: the message names the field and the value. */
export class InvalidRequestError extends BstarError {
  override readonly name: string = "InvalidRequestError";
  constructor(message: string) {
    super("invalid_request", message);
  }
}

/** A constructor or command option is not usable: the message names the option, the value and what is allowed. */
export class InvalidOptionError extends BstarError {
  override readonly name: string = "InvalidOptionError";
  constructor(message: string) {
    super("invalid_option", message);
  }
}

/** A policy's answer is not usable: the message names the policy, the answer and what is allowed. */
export class InvalidPolicyError extends BstarError {
  override readonly name: string = "InvalidPolicyError";
  constructor(message: string) {
    super("invalid_policy", message);
  }
}

/** A step's result is not usable: the message says what was wrong with it. Nothing of it was taken in. */
export class InvalidResultError extends BstarError {
  override readonly name: string = "InvalidResultError";
  constructor(message: string) {
    super("invalid_result", message);
  }
}

/** The request could never run, even alone on an empty pool. */
export class InfeasibleRequestError extends BstarError {
  override readonly name: string = "InfeasibleRequestError";
  constructor(message: string) {
    super("infeasible_request", message);
  }
}

/** A grammar, schema or regular expression cannot be followed: the message names the part and what is supported. */
export class ConstraintError extends BstarError {
  override readonly name: string = "ConstraintError";
  constructor(message: string, options?: ErrorOptions) {
    super("constraint", message, options);
  }
}

/** The waiting queue is at its limit; the caller may retry later. */
export class QueueFullError extends BstarError {
  override readonly name: string = "QueueFullError";
  constructor(message: string) {
    super("queue_full", message);
  }
}

/** This request's steps kept failing; only this request ends. `cause` is the last failure. */
export class StepFailedError extends BstarError {
  override readonly name: string = "StepFailedError";
  constructor(message: string, options?: ErrorOptions) {
    super("step_failed", message, options);
  }
}

/** The model gave this request logits that are NaN or infinite, which mean no token; only this request ends. */
export class InvalidLogitsError extends BstarError {
  override readonly name: string = "InvalidLogitsError";
  constructor(message: string) {
    super("invalid_logits", message);
  }
}

/** The request waited longer than its deadline or queue timeout allows. */
export class TimeoutError extends BstarError {
  override readonly name: string = "TimeoutError";
  constructor(message: string) {
    super("timeout", message);
  }
}

/** The caller aborted the request. */
export class AbortedError extends BstarError {
  override readonly name: string = "AbortedError";
  constructor(message: string) {
    super("aborted", message);
  }
}

/** The object was used after `dispose()`. */
export class DisposedError extends BstarError {
  override readonly name: string = "DisposedError";
  constructor(message: string) {
    super("disposed", message);
  }
}

/** The device went away; its memory and the KV cache on it are gone. */
export class DeviceLostError extends BstarError {
  override readonly name: string = "DeviceLostError";
  constructor(message: string, options?: ErrorOptions) {
    super("device_lost", message, options);
  }
}

/** The worker that runs the engine has ended; its requests and its KV cache are gone. The message says why. */
export class WorkerLostError extends BstarError {
  override readonly name: string = "WorkerLostError";
  constructor(message: string) {
    super("worker_lost", message);
  }
}

/** No device of the wanted kind can be had here; the message says what to install or to change. */
export class DeviceUnavailableError extends BstarError {
  override readonly name: string = "DeviceUnavailableError";
  constructor(message: string, options?: ErrorOptions) {
    super("device_unavailable", message, options);
  }
}

/** A device limit is too small: the message names the limit, what it is and what was needed. */
export class DeviceLimitError extends BstarError {
  override readonly name: string = "DeviceLimitError";
  constructor(message: string) {
    super("device_limit", message);
  }
}

/** An allocation failed: the message says how many bytes were asked for. */
export class OutOfMemoryError extends BstarError {
  override readonly name: string = "OutOfMemoryError";
  constructor(message: string, options?: ErrorOptions) {
    super("out_of_memory", message, options);
  }
}

/** A model's files are missing, damaged or contradict each other: the message names the file and the place. */
export class InvalidModelError extends BstarError {
  override readonly name: string = "InvalidModelError";
  constructor(message: string, options?: ErrorOptions) {
    super("invalid_model", message, options);
  }
}

/** The model is well-formed but of a kind that is not implemented: the message names it. */
export class UnsupportedModelError extends BstarError {
  override readonly name: string = "UnsupportedModelError";
  constructor(message: string) {
    super("unsupported_model", message);
  }
}

/** A file could not be downloaded or stored: the message names the URL or the path, and why. */
export class DownloadError extends BstarError {
  override readonly name: string = "DownloadError";
  constructor(message: string, options?: ErrorOptions) {
    super("download_failed", message, options);
  }
}

/** An optional peer package is not installed: the message names it and the command that installs it. */
export class MissingPackageError extends BstarError {
  override readonly name: string = "MissingPackageError";
  constructor(message: string, options?: ErrorOptions) {
    super("missing_package", message, options);
  }
}
