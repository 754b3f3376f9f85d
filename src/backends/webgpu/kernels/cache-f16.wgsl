// Keys and values as binary16, four in two words, rounded to the nearest with ties to even (quantization/half.ts).

alias CacheUnit = vec2u;

fn cached(unit: CacheUnit) -> vec4f {
  return vec4f(unpack2x16float(unit.x), unpack2x16float(unit.y));
}

fn to_cache(value: vec4f) -> CacheUnit {
  let halves = to_halves(bitcast<vec4u>(value));
  return vec2u(halves.x | (halves.y << 16), halves.z | (halves.w << 16));
}

// By bits, because devices may round and flush as they like when they convert.
fn to_halves(bits: vec4u) -> vec4u {
  let sign = (bits >> vec4u(16)) & vec4u(0x8000);
  let magnitude = bits & vec4u(0x7fffffff);
  let normal = (magnitude - 0x38000000u + 0xfffu + ((magnitude >> vec4u(13)) & vec4u(1))) >> vec4u(13);
  let mantissa = (magnitude & vec4u(0x7fffff)) | vec4u(0x800000);
  let small = rounded_shift(mantissa, 126u - min(magnitude >> vec4u(23), vec4u(113)));
  var halves = select(normal, small, magnitude < vec4u(0x38800000));
  halves = select(halves, vec4u(0x7c00), magnitude >= vec4u(0x477ff000));
  halves = select(halves, vec4u(0x7e00), magnitude > vec4u(0x7f800000));
  return sign | halves;
}

// x / 2^by for x below 2^24, ties to even.
fn rounded_shift(x: vec4u, by: vec4u) -> vec4u {
  let shift = min(by, vec4u(31));
  let kept = x >> shift;
  let rest = x & ((vec4u(1) << shift) - 1u);
  let half = vec4u(1) << (shift - 1u);
  return kept + select(vec4u(0), vec4u(1), (rest > half) | ((rest == half) & ((kept & vec4u(1)) == vec4u(1))));
}

// Units of one head and token.
fn token_units() -> u32 {
  return HEAD;
}
