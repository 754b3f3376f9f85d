// What the formats of weights share. A matrix is [input, column] with four neighbouring output columns side by side; a
// part may hold several matrices, one behind the other. Each format's file says how four inputs of a column are read.

// Vectors of an input row.
override INPUTS: u32;

// Weights of four neighbouring inputs, each for the four outputs of a column.
struct FourInputs {
  w0: vec4f,
  w1: vec4f,
  w2: vec4f,
  w3: vec4f,
}
