// The step's columns in one array of words (see columns.ts): a header of counts and of where each column starts.

const TOKEN_COUNT = 0u;
const SAMPLE_COUNT = 1u;
const TOKEN_IDS = 2u;
const POSITIONS = 3u;
const REQUEST_SLOTS = 4u;
const SAMPLE_ROWS = 5u;
const TEMPERATURE = 6u;
const TOP_K = 7u;
const TOP_P = 8u;
const MIN_P = 9u;
const SEED_LOW = 10u;
const SEED_HIGH = 11u;
const CHOICE = 12u;
const LOGPROBS = 13u;
const EDIT_STARTS = 14u;
const EDIT_IDS = 15u;
const EDIT_BIAS = 16u;
const EDIT_SCALE = 17u;
const EDIT_PENALTY = 18u;
const MASK_PLACES = 19u;
const MASK_WORDS = 20u;
const GROUPS = 21u;

// Words of each block group, the first group's from GROUPS on.
const GROUP_SLOTS = 0u;
const GROUP_TABLES = 1u;
const GROUP_TABLE_STRIDE = 2u;

@group(0) @binding(0) var<storage, read> columns: array<i32>;

// Entry index of the column whose header word is name.
fn column_at(name: u32, index: u32) -> i32 {
  return columns[u32(columns[name]) + index];
}

fn token_count() -> u32 {
  return u32(columns[TOKEN_COUNT]);
}

fn sample_count() -> u32 {
  return u32(columns[SAMPLE_COUNT]);
}
