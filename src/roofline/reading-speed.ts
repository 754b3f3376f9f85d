/** Words a minute that an adult reads silently: the talk's line (238 on average over 190 studies, Brysbaert 2019). */
export const READING_WORDS_PER_MINUTE = 250;

/**
 * Tokens a word of English prose: 100 tokens are about 75 words (OpenAI's rule of thumb); other languages need more.
 */
export const TOKENS_PER_WORD = 4 / 3;

/**
 * Tokens a second of a reader: what a stream has to keep up with. 250 words a minute are 5.6 tokens a second, 0.18 s a
 * token.
 */
export function readingTokensPerSecond(
  wordsPerMinute: number = READING_WORDS_PER_MINUTE,
  tokensPerWord: number = TOKENS_PER_WORD,
): number {
  return (wordsPerMinute / 60) * tokensPerWord;
}
