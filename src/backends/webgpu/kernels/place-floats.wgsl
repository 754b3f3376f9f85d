// Keys and values of a head that are stored as floats.

fn store_cached(row: u32, to: u32, head: Head) {
  for (var i = 0u; i < HEAD; i++) {
    cache[to + i] = to_cache(vector_of(row, head, i));
  }
}
