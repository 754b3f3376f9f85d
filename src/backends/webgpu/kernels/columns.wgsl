// The step's columns in one array of words (see columns.ts): a header of counts and of where each column starts.

const TOKEN_COUNT = 0u;
const SAMPLE_COUNT = 1u;
const TOKEN_IDS = 2u;
const POSITIONS = 3u;
const SLOTS = 4u;
const REQUESTS = 5u;
const SAMPLE_ROWS = 6u;
const TEMPERATURE = 7u;
const TOP_K = 8u;
const TOP_P = 9u;
const MIN_P = 10u;
const SEED_LOW = 11u;
const SEED_HIGH = 12u;
const CHOICE = 13u;
const LOGPROBS = 14u;
const TABLE_STARTS = 15u;
const FIRST_POSITIONS = 16u;
const TABLES = 17u;

@group(0) @binding(0) var<storage, read> columns: array<i32>;

// Entry `index` of the column whose header word is `name`.
fn column_at(name: u32, index: u32) -> i32 {
  return columns[u32(columns[name]) + index];
}

fn token_count() -> u32 {
  return u32(columns[TOKEN_COUNT]);
}

fn sample_count() -> u32 {
  return u32(columns[SAMPLE_COUNT]);
}
