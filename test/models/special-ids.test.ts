import { expect, test } from "vitest";
import { InvalidModelError } from "../../src/errors.ts";
import { parseSpecialIds } from "../../src/models/special-ids.ts";

test.each([
  ["one id", { eos_token_id: 2, bos_token_id: 1 }, {}, { eosTokenIds: [2], bosTokenId: 1 }],
  ["a list", { eos_token_id: [2, 1] }, {}, { eosTokenIds: [2, 1], bosTokenId: null }],
  [
    "config.json where there is no generation_config.json",
    null,
    { eos_token_id: 2, bos_token_id: 1 },
    { eosTokenIds: [2], bosTokenId: 1 },
  ],
  [
    "config.json for each key that is absent or null",
    { eos_token_id: 3, bos_token_id: null },
    { eos_token_id: 2, bos_token_id: 1 },
    { eosTokenIds: [3], bosTokenId: 1 },
  ],
  [
    "generation_config.json first",
    { eos_token_id: 3, bos_token_id: 4 },
    { eos_token_id: 2, bos_token_id: 1 },
    { eosTokenIds: [3], bosTokenId: 4 },
  ],
  [
    "text_config of a model that sees images too",
    null,
    { bos_token_id: 5, text_config: { eos_token_id: [2, 1], bos_token_id: 4 } },
    { eosTokenIds: [2, 1], bosTokenId: 5 },
  ],
  [
    "id 0",
    { eos_token_id: 0, bos_token_id: 0 },
    { eos_token_id: 2, bos_token_id: 1 },
    { eosTokenIds: [0], bosTokenId: 0 },
  ],
  ["nothing", null, {}, { eosTokenIds: [], bosTokenId: null }],
])("reads %s", (_, generation, config, ids) => expect(parseSpecialIds(generation, config, 10)).toEqual(ids));

test.each([
  [
    { eos_token_id: "</s>" },
    {},
    'generation_config.json: eos_token_id must be an id or a list of ids from 0 to 9, got "</s>"',
  ],
  [
    { eos_token_id: [2, 10] },
    {},
    "generation_config.json: eos_token_id must be an id or a list of ids from 0 to 9, got [2,10]",
  ],
  [null, { bos_token_id: -1 }, "config.json: bos_token_id must be an id or a list of ids from 0 to 9, got -1"],
])("refuses %j %j", (generation, config, message) =>
  expect(() => parseSpecialIds(generation, config, 10)).toThrow(new InvalidModelError(message)),
);
