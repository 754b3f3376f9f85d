// Keys and values as float32.

alias CacheUnit = vec4f;

fn cached(unit: CacheUnit) -> vec4f {
  return unit;
}

fn to_cache(value: vec4f) -> CacheUnit {
  return value;
}

// Units of one head and token.
fn token_units() -> u32 {
  return HEAD;
}
