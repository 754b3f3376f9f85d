// Threefry-4x32-20. Source: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC'11 (Random123).

const ROTATE_1 = array<u32, 8>(10, 11, 13, 23, 6, 17, 25, 18);
const ROTATE_3 = array<u32, 8>(26, 21, 27, 5, 20, 11, 10, 20);

fn rotate_left(word: u32, bits: u32) -> u32 {
  return (word << bits) | (word >> (32 - bits));
}

// First word of the block whose counter is [counter, 0, 0, 0].
fn threefry(key: vec4u, counter: u32) -> u32 {
  var schedule = array<u32, 5>(key.x, key.y, key.z, key.w, 0x1bd11bdau ^ key.x ^ key.y ^ key.z ^ key.w);
  var rotate_1 = ROTATE_1;
  var rotate_3 = ROTATE_3;
  var x = vec4u(counter, 0, 0, 0) + key;
  for (var round = 0u; round < 20; round++) {
    x.x += x.y;
    x.z += x.w;
    let mixed = rotate_left(x.y, rotate_1[round % 8]) ^ x.x;
    x.y = rotate_left(x.w, rotate_3[round % 8]) ^ x.z;
    x.w = mixed;
    if (round % 4 == 3) {
      let turn = round / 4 + 1;
      x += vec4u(schedule[turn % 5], schedule[(turn + 1) % 5], schedule[(turn + 2) % 5], schedule[(turn + 3) % 5]);
      x.w += turn;
    }
  }
  return x.x;
}
