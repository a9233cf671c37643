import { assert, it } from "@effect/vitest"
import { outcomeOf } from "../inspector/outcome.js"

type Request = Parameters<typeof outcomeOf>[0]

const usual: Request = {
  answer: "sent",
  committed: 1,
  faults: [],
  limited: false,
  method: "POST",
  responseBody: "{\"has_errors\":false,\"fulfillments\":[]}",
  status: 200
}

it.each<[Partial<Request>, string]>([
  [{}, "committed: Committed 1"],
  [{ responseBody: "{\"has_errors\":true" }, "committed: Committed 1, others refused"],
  [{ committed: 0, responseBody: "{\"has_errors\":true" }, "refused: Refused, every item"],
  [{ committed: 0, status: 400 }, "refused: Refused"],
  [{ committed: 0, status: 429, limited: true }, "refused: Refused, over the limit"],
  [{ committed: 0, method: "GET" }, "read: Read"],
  [{ committed: 0, method: "GET", status: 401 }, "refused: Refused"],
  [{ answer: "lost", status: undefined }, "astray: Committed 1, answer lost"],
  [{ answer: "lost", committed: 0 }, "astray: Nothing committed, answer lost"],
  [{ answer: "lost", committed: 0, method: "GET" }, "astray: Answer lost"],
  [{ answer: "lost", committed: 0, faults: ["LandLate"] }, "astray: Nothing landed yet, answer lost"],
  [
    { answer: "changed", committed: 0, faults: ["ErrorBody", "LandLate"], status: 504 },
    "astray: Nothing landed yet, answer changed"
  ],
  [{ answer: "lost", faults: ["LandLate"] }, "astray: Committed 1, answer lost"],
  [{ answer: "changed", status: 503 }, "astray: Committed 1, answer changed"],
  [{ answer: "changed", committed: 0, status: 503 }, "refused: Refused by a fault"],
  [{ answer: "changed", committed: 0, method: "GET" }, "astray: Answer changed"],
  [{ answer: "pending", committed: 0, status: undefined }, "pending: Under way"],
  [{ answer: "pending", committed: 0, faults: ["Hold"], status: undefined }, "pending: Held"],
  [{ answer: "pending", faults: ["Hold"], status: undefined }, "pending: Held, 1 committed"]
])("of a request with %j it is said: %s", (request, said) => {
  const { kind, text } = outcomeOf({ ...usual, ...request })
  assert.strictEqual(`${kind}: ${text}`, said)
})
