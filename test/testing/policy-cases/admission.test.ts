import { expect, test } from "vitest";
import type { AdmissionPolicy } from "../../../src/policies/admission/admission-policy.ts";
import { estimated } from "../../../src/policies/admission/estimated.ts";
import { watermark } from "../../../src/policies/admission/watermark.ts";
import { admissionCases } from "../../../src/testing/policy-cases/admission.ts";
import { complaintOf, expectComplaints } from "../../support/policy-cases.ts";

test("ours pass", () =>
  expect([complaintOf(admissionCases(() => watermark())), complaintOf(admissionCases(() => estimated()))]).toEqual([
    null,
    null,
  ]));

test("what breaks a rule is found", () => {
  expectComplaints<() => AdmissionPolicy>(admissionCases, {
    "below 0": [
      () => ({ name: "broken", missingBlocks: (_request, needed, view) => needed - view.availableBlocks }),
      /says that -\d+ blocks are missing/,
    ],
    "no number": [() => ({ name: "broken", missingBlocks: () => Number.NaN }), /says that NaN blocks are missing/],
    "without end": [
      () => ({ name: "broken", missingBlocks: () => Number.POSITIVE_INFINITY }),
      /says that Infinity blocks are missing/,
    ],
    "the wrong way round": [
      () => ({ name: "broken", missingBlocks: (_request, _needed, view) => view.availableBlocks }),
      /and \d+ with one more/,
    ],
  });
});
