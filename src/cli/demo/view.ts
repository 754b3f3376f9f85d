import type { Frame, FrameRow, Phase } from "./frame.ts";
import { flat, type Line, paint, type Span } from "./paint.ts";

/** Size and colours of what it is drawn on. */
export interface Canvas {
  readonly columns: number;
  readonly rows: number;
  readonly colorBits: number;
}

/**
 * The frame as lines of a terminal, no more than fit. Without colours, blocks and tokens show the letter of their
 * request.
 */
export function render(frame: Frame, canvas: Canvas): string[] {
  const fixed = [
    stepHeading(frame),
    stepBar(frame, canvas),
    budgetLine(frame, canvas),
    [],
    blockHeading(frame),
    ...blockMap(frame, canvas),
  ];
  const head = [title(frame), counts(frame), []];
  const room = canvas.rows - head.length - fixed.length - 1;
  const lines: Line[] = [...head, ...requestLines(frame, canvas, room), [], ...fixed];
  return lines.slice(0, canvas.rows).map((line) => paint(line, canvas.columns, canvas.colorBits));
}

function title({ title: name, seconds }: Frame): Line {
  return [
    { text: " bstar ", style: "bold" },
    { text: ` ${flat(name)}` },
    { text: `   ${seconds.toFixed(1)} s`, style: "dim" },
  ];
}

function counts({ running, waiting, finished, rows, preemptions, tokensPerSecond }: Frame): Line {
  const facts: [string, string][] = [
    ["running", String(running)],
    ["waiting", String(waiting)],
    ["finished", `${finished}/${rows.length}`],
    ["preemptions", String(preemptions)],
    ["tokens/s", tokensPerSecond.toFixed(0)],
  ];
  return facts.flatMap(([name, value]) => [
    { text: ` ${name} `, style: "dim" as const },
    { text: `${value.padEnd(5)} `, style: "bold" as const },
  ]);
}

/** As many requests as there is room for; ended and future requests give way first. */
function requestLines(frame: Frame, canvas: Canvas, room: number): Line[] {
  const { rows } = frame;
  const lineOf = (index: number): Line => requestLine(rows[index], index, canvas);
  const indices = rows.map((_, index) => index);
  if (rows.length <= room) return indices.map(lineOf);
  const shown = new Set(
    indices
      .toSorted((a, b) => URGENCY[rows[a].phase] - URGENCY[rows[b].phase] || a - b)
      .slice(0, Math.max(1, room - 1)),
  );
  const more = { text: ` and ${rows.length - shown.size} more`, style: "dim" as const };
  return [...indices.filter((index) => shown.has(index)).map(lineOf), [more]];
}

const URGENCY: Readonly<Record<Phase, number>> = {
  decode: 0,
  prefill: 0,
  preempted: 1,
  waiting: 2,
  done: 3,
  failed: 3,
  coming: 4,
};
const MARKS: Readonly<Record<Phase, string>> = {
  coming: "·",
  waiting: "○",
  prefill: "◐",
  decode: "●",
  preempted: "◌",
  done: "✓",
  failed: "✗",
};

const ID_WIDTH = 12;
const BAR_WIDTH = 10;

function requestLine(row: FrameRow, index: number, { columns, colorBits }: Canvas): Line {
  const quiet = row.phase === "coming" || row.phase === "done";
  const { done, of } = row.progress;
  const lead: Span[] = [
    { text: ` ${colorBits > 1 ? MARKS[row.phase] : letterOf(index)} `, color: index },
    { text: `${flat(row.id).slice(0, ID_WIDTH).padEnd(ID_WIDTH)} `, color: index, style: quiet ? "dim" : "bold" },
    { text: `${row.phase.padEnd(9)} `, style: quiet ? "dim" : undefined },
    ...bar(of === 0 ? 0 : done / of, BAR_WIDTH, index),
    { text: ` ${`${done}/${of}`.padStart(8)}  `, style: "dim" },
  ];
  const used = lead.reduce((sum, { text }) => sum + text.length, 0);
  return [...lead, ...tail(row, Math.max(0, columns - used - 1))];
}

/** The end of prompt and text in one line; the prompt is dim. */
function tail({ phase, prompt, text }: FrameRow, width: number): Span[] {
  if (phase === "coming") return [];
  const answer = flat(text);
  const whole = flat(prompt) + answer;
  if (whole.length <= width) return [{ text: flat(prompt), style: "dim" }, { text: answer }];
  const shown = width > 1 ? whole.slice(1 - width) : "";
  const dim = Math.max(0, shown.length - answer.length);
  return [{ text: `…${shown.slice(0, dim)}`, style: "dim" }, { text: shown.slice(dim) }];
}

function bar(share: number, width: number, color: number): Span[] {
  const filled = Math.round(Math.min(1, Math.max(0, share)) * width);
  return [
    { text: "━".repeat(filled), color },
    { text: "─".repeat(width - filled), style: "dim" },
  ];
}

function stepHeading({ step }: Frame): Line {
  const decodes = step.shares.filter(({ tokens }) => tokens === 1).length;
  const total = step.shares.reduce((sum, { tokens }) => sum + tokens, 0);
  const parts = `${decodes} decoding, ${total - decodes} of prompts`;
  return [
    { text: " step ", style: "dim" },
    { text: String(step.index), style: "bold" },
    { text: `   ${String(total).padStart(3)} of ${step.tokenBudget} tokens   ` },
    { text: parts, style: "dim" },
  ];
}

/** Most columns of a token in the bar of a step, the gap behind it included. */
const TOKEN_WIDTH = 4;

/**
 * The step's tokens, no more than its budget, side by side in the colours of their requests; where the budget is wider
 * than the screen, a cell stands for several.
 */
function stepBar({ step }: Frame, { columns, colorBits }: Canvas): Line {
  const width = Math.min(TOKEN_WIDTH, Math.floor((columns - 2) / step.tokenBudget));
  const scale = width > 0 ? 1 : Math.max(0, columns - 2) / step.tokenBudget;
  const cell = (character: string): string => (width > 1 ? `${character.repeat(width - 1)} ` : character);
  const spans: Span[] = [{ text: " " }];
  let tokens = 0;
  let cells = 0;
  for (const share of step.shares) {
    tokens += share.tokens;
    const wanted = Math.round(tokens * scale) - cells;
    cells += wanted;
    spans.push({ text: cell(colorBits > 1 ? "▇" : letterOf(share.row)).repeat(wanted), color: share.row });
  }
  return [...spans, { text: cell("·").repeat(Math.round(step.tokenBudget * scale) - cells), style: "dim" }];
}

const LEVELS = "▁▂▃▄▅▆▇█";

/** Budget used by the last steps, newest at the right. */
function budgetLine({ history, step }: Frame, { columns }: Canvas): Line {
  const label = " budget used ";
  const width = Math.max(0, columns - label.length - 1);
  const levels = history
    .slice(-width || Infinity)
    .map((tokens) => LEVELS[Math.min(LEVELS.length - 1, Math.floor((tokens / step.tokenBudget) * LEVELS.length))]);
  return [{ text: label, style: "dim" }, { text: levels.join("") }];
}

function blockHeading({ blocks }: Frame): Line {
  const cached = blocks.filter((block) => block === "cached").length;
  const free = blocks.filter((block) => block === "free").length;
  return [
    { text: " KV blocks ", style: "dim" },
    { text: `${blocks.length - cached - free} held`, style: "bold" },
    { text: `, ${cached} cached, ${free} free of ${blocks.length}` },
  ];
}

/** Lines of the map: more would leave a small screen nothing else. */
const MAX_MAP_LINES = 6;

/** One mark a block, in the colour of its request. Where there are too many, every n-th is shown. */
function blockMap({ blocks }: Frame, { columns, colorBits }: Canvas): Line[] {
  const perLine = Math.max(1, Math.floor((columns - 1) / 2));
  const stride = Math.ceil(blocks.length / (perLine * MAX_MAP_LINES));
  const shown = blocks.filter((_, index) => index % stride === 0);
  const lines: Line[] = [];
  for (let at = 0; at < shown.length; at += perLine) {
    lines.push(shown.slice(at, at + perLine).map((block) => mark(block, colorBits)));
  }
  return lines;
}

function mark(block: Frame["blocks"][number], colorBits: number): Span {
  if (typeof block === "number") return { text: ` ${colorBits > 1 ? "■" : letterOf(block)}`, color: block };
  return { text: { held: " ■", cached: " □", free: " ·" }[block], style: "dim" };
}

/** A request's letter, where there are no colours. */
function letterOf(row: number): string {
  return String.fromCodePoint(0x61 + (row % 26));
}
