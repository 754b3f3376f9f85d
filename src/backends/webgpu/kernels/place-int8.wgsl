// Keys and values of a head that are stored as whole numbers: the rule of quantization/kv.ts. Comparisons are of bits,
// because a compiler may assume that there is no NaN.

fn store_cached(row: u32, to: u32, head: Head) {
  var largest = 0u;
  for (var i = 0u; i < HEAD; i++) {
    let magnitudes = bitcast<vec4u>(vector_of(row, head, i)) & vec4u(0x7fffffff);
    largest = max(max(largest, max(magnitudes.x, magnitudes.y)), max(magnitudes.z, magnitudes.w));
  }
  let is_finite = largest < 0x7f800000u;
  let scale = bitcast<f32>(select(0u, largest, is_finite)) / 127;
  for (var i = 0u; i < HEAD; i++) {
    var whole = vec4f(0);
    if (scale > 0) {
      whole = clamp(round(vector_of(row, head, i) / scale), vec4f(-127), vec4f(127));
    }
    cache[to + i] = to_cache(whole);
  }
  cache[to + HEAD] = select(0x7fc00000u, bitcast<u32>(scale), is_finite);
}
