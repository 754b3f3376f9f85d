/** What an answer has to be; see `bstar/grammar` for what each type supports. */
export type ResponseFormat =
  | { readonly type: "text" }
  | { readonly type: "json_object" }
  | { readonly type: "json_schema"; readonly schema: unknown }
  | { readonly type: "regex"; readonly pattern: string }
  | { readonly type: "choice"; readonly choices: readonly string[] }
  | { readonly type: "grammar"; readonly grammar: string };

/** A format that restricts the answer: every one but "text". */
export type GrammarFormat = Exclude<ResponseFormat, { readonly type: "text" }>;
