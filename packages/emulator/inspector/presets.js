/** @import { Fault } from "@effect-shipstation/emulator" */

/** @type {ReadonlyArray<{ readonly name: string, readonly rule: typeof Fault.FaultRule.Encoded }>} */
export const presets = [
  { name: "Commit, then lose the answer", rule: { endpoint: "create", action: { _tag: "Reset" } } },
  {
    name: "Commit the first item only, then lose the answer",
    rule: { endpoint: "create", action: { _tag: "Reset", commits: 1 } }
  },
  { name: "Commit, then answer an empty 500", rule: { endpoint: "create", action: { _tag: "RawBody", status: 500 } } },
  {
    name: "Commit, then answer a proxy's 502",
    rule: {
      endpoint: "create",
      action: {
        _tag: "RawBody",
        status: 502,
        body: "<html><body><h1>502 Bad Gateway</h1></body></html>",
        headers: { "content-type": "text/html" }
      }
    }
  },
  { name: "Commit, then cut the answer in two", rule: { endpoint: "create", action: { _tag: "CutBody" } } },
  { name: "Commit, then stall", rule: { endpoint: "create", action: { _tag: "Stall" } } },
  {
    name: "Commit, and leave out the first result",
    rule: { endpoint: "create", action: { _tag: "ChangeResults", drop: 1 } }
  },
  {
    name: "Commit the first item only, then refuse: 400",
    rule: { endpoint: "create", action: { _tag: "ErrorBody", status: 400, commits: 1 } }
  },
  {
    name: "Commit the first item only, then a carrier's 400",
    rule: {
      endpoint: "create",
      action: {
        _tag: "ErrorBody",
        status: 400,
        commits: 1,
        errors: [{
          error_source: "carrier",
          error_type: "integrations",
          error_code: "unspecified",
          message: "The carrier's system is not available."
        }]
      }
    }
  },
  {
    name: "Half of the items fail, as their results tell",
    rule: { endpoint: "create", action: { _tag: "PartialSuccess", commits: { share: 0.5 } } }
  },
  {
    name: "Lose the answer, and commit 20 seconds later",
    rule: { endpoint: "create", action: { _tag: "LandLate", after: "20 seconds" } }
  },
  { name: "Refuse: 503", rule: { action: { _tag: "ErrorBody", status: 503 } } },
  { name: "Refuse: 429, come back in 5 seconds", rule: { action: { _tag: "ErrorBody", status: 429, retryAfter: 5 } } },
  { name: "Refuse: 401", rule: { action: { _tag: "ErrorBody", status: 401 } } },
  { name: "Reset before anything is committed", rule: { action: { _tag: "RefuseConnection" } } },
  { name: "Hold until released", rule: { action: { _tag: "Hold" } } },
  {
    name: "Hold after the commit until released",
    rule: { endpoint: "create", action: { _tag: "Hold", when: "after" } }
  },
  { name: "Take 10 seconds longer", rule: { action: { _tag: "Delay", duration: "10 seconds" } } },
  { name: "List without the last 30 seconds", rule: { action: { _tag: "LaggingList", lag: "30 seconds" } } },
  { name: "List with a date filter 8 hours off", rule: { action: { _tag: "ChangeList", hoursOff: -8 } } },
  { name: "List that ignores shipment_id", rule: { action: { _tag: "ChangeList", ignores: ["shipment_id"] } } },
  {
    name: "List with 1 fulfillment a page, and no count of pages",
    rule: { action: { _tag: "ChangeList", mostRows: 1, without: ["pages"] } }
  },
  { name: "List without shipment ids", rule: { action: { _tag: "ChangeList", without: ["shipment_id"] } } }
]

/** @type {ReadonlyArray<{ readonly name: string, readonly condition: Partial<typeof Fault.FaultRule.Encoded> }>} */
export const frequencies = [
  { name: "the next request", condition: { times: 1 } },
  { name: "one in five", condition: { probability: 0.2 } },
  { name: "every request", condition: {} }
]
