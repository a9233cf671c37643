/** @import { Control } from "@effect-shipstation/emulator" */

/** @typedef {typeof Control.Changes.Encoded["requests"][number]} Request */

/** @typedef {"committed" | "read" | "refused" | "astray" | "pending"} Kind */

/**
 * What became of a request, said plainly. `astray`: the client was not told what happened.
 *
 * @param {Pick<Request, "answer" | "committed" | "faults" | "limited" | "method" | "responseBody" | "status">} request
 * @returns {{ readonly kind: Kind, readonly text: string }}
 */
export const outcomeOf = ({ answer, committed, faults, limited, method, responseBody, status = 0 }) => {
  const none = faults.includes("LandLate") ? "Nothing landed yet" : "Nothing committed"
  const done = committed > 0 ? `Committed ${committed}` : method === "POST" ? none : ""
  const and = (/** @type {string} */ text) => done === "" ? text[0]?.toUpperCase() + text.slice(1) : `${done}, ${text}`
  switch (answer) {
    case "pending": {
      const wait = faults.includes("Hold") ? "Held" : "Under way"
      return { kind: "pending", text: committed > 0 ? `${wait}, ${committed} committed` : wait }
    }
    case "lost":
      return { kind: "astray", text: and("answer lost") }
    case "changed":
      return committed === 0 && status >= 400 && !faults.includes("LandLate")
        ? { kind: "refused", text: "Refused by a fault" }
        : { kind: "astray", text: and("answer changed") }
    case "sent":
      if (limited) return { kind: "refused", text: "Refused, over the limit" }
      if (status >= 400) return { kind: "refused", text: "Refused" }
      if (method !== "POST") return { kind: "read", text: "Read" }
      if (committed === 0) return { kind: "refused", text: "Refused, every item" }
      return {
        kind: "committed",
        text: responseBody?.startsWith("{\"has_errors\":true") === true ? `${done}, others refused` : done
      }
  }
}
