/** Threefry-4x32-20 (Salmon et al., SC'11), the draw of src/sampling/threefry.ts. */

// @ts-ignore: decorator
@inline
function key(i: u32, k0: u32, k1: u32, k2: u32): u32 {
  if (i == 0) return k0;
  if (i == 1) return k1;
  if (i == 2) return k2;
  return i == 3 ? 0 : 0x1bd11bda ^ k0 ^ k1 ^ k2;
}

function rotation1(round: u32): u32 {
  return <u32>((0x12191106170d0b0a >> <u64>(8 * (round & 7))) & 0xff);
}

function rotation3(round: u32): u32 {
  return <u32>((0x140a0b14051b151a >> <u64>(8 * (round & 7))) & 0xff);
}

/** The draw in [0, 1) for the token at `position`: 24 bits. */
export function uniform(seedLow: u32, seedHigh: u32, choice: u32, position: u32): f64 {
  let x0 = position + seedLow, x1 = seedHigh, x2 = choice, x3: u32 = 0;
  for (let round: u32 = 0; round < 20; round++) {
    x0 += x1;
    const mixed = rotl<u32>(x1, rotation1(round)) ^ x0;
    x2 += x3;
    x1 = rotl<u32>(x3, rotation3(round)) ^ x2;
    x3 = mixed;
    if ((round & 3) == 3) {
      const injection = (round >> 2) + 1;
      x0 += key(injection % 5, seedLow, seedHigh, choice);
      x1 += key((injection + 1) % 5, seedLow, seedHigh, choice);
      x2 += key((injection + 2) % 5, seedLow, seedHigh, choice);
      x3 += key((injection + 3) % 5, seedLow, seedHigh, choice) + injection;
    }
  }
  return <f64>(x0 >> 8) * (1.0 / 16777216.0);
}
