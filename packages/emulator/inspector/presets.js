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
  { name: "List without the last 30 seconds", rule: { action: { _tag: "LaggingList", lag: "30 seconds" } } }
]

/** @type {ReadonlyArray<{ readonly name: string, readonly condition: Partial<typeof Fault.FaultRule.Encoded> }>} */
export const frequencies = [
  { name: "the next request", condition: { times: 1 } },
  { name: "one in five", condition: { probability: 0.2 } },
  { name: "every request", condition: {} }
]
