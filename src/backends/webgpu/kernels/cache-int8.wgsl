// Keys and values as signed bytes, four in a word, and behind those of a head and token their float32 scale: what is
// read is the whole number, which the scale multiplies later.

alias CacheUnit = u32;

fn cached(unit: CacheUnit) -> vec4f {
  return vec4f((vec4i(bitcast<i32>(unit)) << vec4u(24, 16, 8, 0)) >> vec4u(24));
}

// The numbers are whole, within 127.
fn to_cache(value: vec4f) -> CacheUnit {
  let bytes = bitcast<vec4u>(vec4i(value)) & vec4u(0xff);
  return bytes.x | (bytes.y << 8) | (bytes.z << 16) | (bytes.w << 24);
}

// Units of one head and token.
fn token_units() -> u32 {
  return HEAD + 1;
}
