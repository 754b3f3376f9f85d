/** How a family of models writes calls of tools. */
export type CallStyle = "hermes" | "mistral" | "llama";

/** What a call begins with; Llama's is a JSON object as it is. */
export const CALL_MARKS = { hermes: "<tool_call>", mistral: "[TOOL_CALLS]", llama: "" } as const;

/** The family that a chat template belongs to, by the marks that it writes itself; null where it has none of them. */
export function callStyleOf(template: string): CallStyle | null {
  if (template.includes(CALL_MARKS.hermes)) return "hermes";
  if (template.includes(CALL_MARKS.mistral)) return "mistral";
  const isLlama =
    template.includes("<|python_tag|>") ||
    (template.includes("<|start_header_id|>") && template.includes("parameters"));
  return isLlama ? "llama" : null;
}
