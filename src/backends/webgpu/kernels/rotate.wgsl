// Rotation of a vector's two pairs (RoFormer, arXiv 2104.09864); numbers of a head that are not rotated have angles of
// 0.

// [position, HEAD] cosine and sine of two pairs.
@group(0) @binding(4) var<storage, read> angles: array<vec4f>;

// Queries and keys of the layer are rotated.
override ROTATED: bool;

// Vector i of a head of the token in row row.
fn rotated(row: u32, i: u32, pairs: vec4f) -> vec4f {
  if (!ROTATED) {
    return pairs;
  }
  let angle = angles[u32(column_at(POSITIONS, row)) * HEAD + i];
  let low = pairs.xz;
  let high = pairs.yw;
  let cosine = angle.xz;
  let sine = angle.yw;
  let first = fma(low, cosine, -(high * sine));
  let second = fma(high, cosine, low * sine);
  return vec4f(first.x, second.x, first.y, second.y);
}
