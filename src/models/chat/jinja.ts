import * as library from "@huggingface/jinja";

/**
 * What is used of the library: its own declarations name files without extensions, which Node's resolution takes for
 * `any`.
 */
interface Jinja {
  readonly Environment: new () => Environment;
  readonly Interpreter: new (environment: Environment) => {
    run(program: Program): RuntimeValue;
    evaluate(statement: unknown, environment: unknown): RuntimeValue;
  };
  readonly parse: (tokens: Tokens) => Program;
  readonly tokenize: (
    source: string,
    options: { readonly lstrip_blocks: boolean; readonly trim_blocks: boolean },
  ) => Tokens;
}

interface Environment {
  set(name: string, value: unknown): unknown;
}

interface RuntimeValue {
  readonly value: unknown;
}

type Program = { readonly __program: never };
type Tokens = { readonly __tokens: never };

const { Environment, Interpreter, parse, tokenize } = library as unknown as Jinja;

/** Milliseconds that a template may run: the longest published ones take a few for 20 turns. */
const TIME_LIMIT = 100;

/** UTF-16 units that a template may write, or hold in one string; and entries of one list. */
const MAX_OUTPUT = 8 * 2 ** 20;
const MAX_ENTRIES = 10_000;

/** Longest template: the longest that is published has 20,000 characters. */
const MAX_SOURCE = 2 ** 20;

type Values = Readonly<Record<string, unknown>>;

/**
 * A Jinja template with limits: `@huggingface/jinja` runs it, and each node that it evaluates looks at the time and at
 * the size of what came out. No node alone can take long: `range` is bounded, and strings and lists are before they are
 * used again.
 */
export class JinjaTemplate {
  readonly source: string;
  readonly #program: Program;

  /** Throws what the parser throws. */
  constructor(source: string) {
    if (source.length > MAX_SOURCE) throw new RangeError(`it has ${source.length} characters, more than ${MAX_SOURCE}`);
    this.source = source;
    this.#program = parse(tokenize(source, { lstrip_blocks: true, trim_blocks: true }));
  }

  /**
   * Throws what the template raises, and a `RangeError` at a limit. A render that a busy machine took the time from
   * gets a second try.
   */
  render(values: Values): string {
    try {
      return this.#run(values);
    } catch (error) {
      if (!(error instanceof TimeLimitError)) throw error;
      return this.#run(values);
    }
  }

  #run(values: Values): string {
    const environment = new Environment();
    for (const [name, value] of Object.entries({ ...GLOBALS, ...values })) environment.set(name, value);
    return new LimitedInterpreter(environment).run(this.#program).value as string;
  }
}

class TimeLimitError extends RangeError {
  override readonly name = "TimeLimitError";
}

class LimitedInterpreter extends Interpreter {
  readonly #deadline = performance.now() + TIME_LIMIT;

  override evaluate(statement: unknown, environment: unknown): RuntimeValue {
    if (performance.now() > this.#deadline) throw new TimeLimitError(`the template ran longer than ${TIME_LIMIT} ms`);
    const result = this.#evaluate(statement as Node, environment);
    const { value } = result;
    if (typeof value === "string" && value.length > MAX_OUTPUT) {
      throw new RangeError(`the template wrote more than ${MAX_OUTPUT} characters`);
    }
    if (Array.isArray(value) && value.length > MAX_ENTRIES) {
      throw new RangeError(`the template made a list of more than ${MAX_ENTRIES} entries`);
    }
    return result;
  }

  /** Jinja takes a value that is not defined for an empty list, and no key for one; the library throws. */
  #evaluate(statement: Node, environment: unknown): RuntimeValue {
    try {
      return super.evaluate(statement, environment);
    } catch (error) {
      const message = error instanceof Error ? error.message : "";
      if (statement.type === "For" && message === NOT_ITERABLE) {
        return super.evaluate({ ...statement, iterable: { type: "ArrayLiteral", value: [] } }, environment);
      }
      if (statement.type === "MemberExpression" && NO_KEYS.has(message)) {
        return super.evaluate({ type: "Identifier", value: "undefined" }, environment);
      }
      throw error;
    }
  }
}

interface Node {
  readonly type: string;
}

const NOT_ITERABLE = "Expected iterable or object type in for loop: got UndefinedValue";
const NO_KEYS: ReadonlySet<string> = new Set(
  ["UndefinedValue", "NullValue"].map((type) => `Cannot access property with non-string: got ${type}`),
);

/**
 * What transformers gives every template (utils/chat_template_utils.py); `@huggingface/jinja` keeps its own to itself.
 */
const GLOBALS: Values = {
  true: true,
  True: true,
  false: false,
  False: false,
  none: null,
  None: null,
  raise_exception: (message: unknown): never => {
    throw new Error(String(message));
  },
  range,
  strftime_now: (format: string): string => strftime(format, new Date()),
};

function range(first: number, second?: number, step = 1): number[] {
  const [start, stop] = second === undefined ? [0, first] : [first, second];
  const count = Math.max(0, Math.ceil((stop - start) / step));
  if (!Number.isSafeInteger(count) || count > MAX_ENTRIES) {
    throw new RangeError(`range() of more than ${MAX_ENTRIES} numbers`);
  }
  return Array.from({ length: count }, (_, i) => start + i * step);
}

/** Python's, with the directives that templates use; others stay as they are. */
function strftime(format: string, date: Date): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  const name = (options: Intl.DateTimeFormatOptions): string => new Intl.DateTimeFormat("en-US", options).format(date);
  const directives: Record<string, () => string> = {
    Y: () => String(date.getFullYear()),
    y: () => two(date.getFullYear() % 100),
    m: () => two(date.getMonth() + 1),
    d: () => two(date.getDate()),
    B: () => name({ month: "long" }),
    b: () => name({ month: "short" }),
    A: () => name({ weekday: "long" }),
    a: () => name({ weekday: "short" }),
    H: () => two(date.getHours()),
    I: () => two(date.getHours() % 12 || 12),
    M: () => two(date.getMinutes()),
    S: () => two(date.getSeconds()),
    p: () => (date.getHours() < 12 ? "AM" : "PM"),
    "%": () => "%",
  };
  return format.replaceAll(/%(.)/g, (directive, letter: string) => directives[letter]?.() ?? directive);
}
