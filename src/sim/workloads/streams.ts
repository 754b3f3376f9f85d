/** Which stream of a seed's random numbers is for what. */
export const ARRIVAL_STREAM = 1;
export const PROMPT_STREAM = 2;
export const OUTPUT_STREAM = 3;
export const CHOICE_STREAM = 4;
export const THINK_STREAM = 5;
