// Where the outputs of segments lie: [row, query head, segment, HEAD + 1], the last vector with their sum and maximum.

// Segments of the longest context.
override SEGMENTS: u32;

// head counts the query heads of this part.
fn partial_at(row: u32, head: u32, segment: u32) -> u32 {
  return ((row * QUERY_HEADS + part.first_head * SHARING + head) * SEGMENTS + segment) * (HEAD + 1);
}
