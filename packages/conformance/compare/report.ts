/** The tables, and the document that they are in. */
import type { Case, Ours } from "./cases.js"
import type { Theirs } from "./others.js"

export interface Row {
  readonly name: Case["name"]
  readonly ours: Ours
  readonly handWritten: Theirs
  readonly axios: Theirs
}

export const tableOfOurs = (rows: ReadonlyArray<Pick<Row, "name" | "ours">>): string =>
  table([
    ["what goes wrong", "POSTs", "GETs", "`create` gives", "told", "virtual time"],
    ...rows.map(({ name, ours }) => [
      name,
      String(ours.posts),
      String(ours.gets),
      ours.gives,
      told(ours.notified),
      `${ours.seconds} s`
    ])
  ])

export const tableOfTheirs = (rows: ReadonlyArray<Row>): string =>
  table([
    ["what goes wrong", "`fetch`: POSTs", "believes", "told", "axios: POSTs", "believes", "told"],
    ...rows.map(({ axios, handWritten, name }) => [name, ...cells(handWritten), ...cells(axios)])
  ])

const cells = (theirs: Theirs): ReadonlyArray<string> => [
  String(theirs.posts),
  isWrong(theirs) ? `**${theirs.believes}**` : theirs.believes,
  isTwice(theirs) ? `**${told(theirs.notified)}**` : told(theirs.notified)
]

const isTwice = ({ notified }: Theirs): boolean => notified.some((times) => times > 1)

/** All should be done after a success, and nothing after an error. */
const isWrong = ({ believes, notified }: Theirs): boolean =>
  believes === "success" ? notified.includes(0) : notified.some((times) => times > 0)

/** One number when it is the same for all. */
const told = (notified: ReadonlyArray<number>): string =>
  new Set(notified).size === 1 ? String(notified[0]) : notified.join(", ")

/** Laid out as the repository's formatter does it. */
const table = (rows: ReadonlyArray<ReadonlyArray<string>>): string => {
  const [head = [], ...body] = rows
  const widths = head.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const line = (row: ReadonlyArray<string>) =>
    `| ${widths.map((width, column) => (row[column] ?? "").padEnd(width)).join(" | ")} |`
  return [head, widths.map((width) => "-".repeat(width)), ...body].map(line).join("\n")
}

const howMany = (rows: ReadonlyArray<Row>, is: (theirs: Theirs) => boolean): string =>
  `${rows.filter(({ handWritten }) => is(handWritten)).length} of ${rows.length} rows by the loop, and in ${
    rows.filter(({ axios }) => is(axios)).length
  } by axios`

/** All of it, as it stands in the documentation. */
export const page = (rows: ReadonlyArray<Row>): string =>
  `# How each kind of failure ends

One call for three shipments, against an [emulator](../packages/emulator) of ShipStation that fails in one way at a time. Each
shipment that is fulfilled mails its customer. A shipment that is sent again is fulfilled and mails again: whether the real
ShipStation would refuse it isn't published.

Written by \`pnpm compare --write\`, which takes about half a minute and needs no internet. The tests check every cell of the first
table. The cases are in [cases.ts](../packages/conformance/compare/cases.ts).

Most failures happen to the first POST only, so whoever sends again succeeds. Servers that can't be reached stay so, and 400,
401, 409 and a carrier's 400 are answered to each POST. "2 of 3 done" is how much ShipStation had done by then, which the caller
can't see.

## With \`create\`

- POSTs and GETs: how many requests the server received.
- \`create\` gives: the outcomes, in the order of the shipments, or an error and its \`delivery\`. After an error nothing was done.
- told: how many mails each customer got. One number if it is the same for all three.
- virtual time: how long the call takes by a clock that stands still while the program works, and jumps to the next thing
  that is waited for: a retry, a time-out, a look into the list. With all options at their defaults, and without jitter.

${tableOfOurs(rows)}

Where it isn't known whether the POST was acted on, there is never a second one: the list is read instead. \`Unknown\` means that
it isn't there so far. It is no dead end: the next call of the same layer for such a shipment reads the list again
before it sends anything ([after an \`Unknown\`](guide/outcomes.md#after-an-unknown)). And
before a refused request is sent again, the list is asked for its shipments, as a part of it may have been done first.

## With what is used instead

The same failures, met by

- a loop around \`fetch\` with a time-out, \`if (!response.ok) throw\` and 3 retries with growing delays,
- axios and axios-retry with 3 retries, told to retry a POST too: after network errors, 429 and 5xx, by its own
  \`isRetryableError\`. It leaves time-outs out.

Both are in [others.ts](../packages/conformance/compare/others.ts). What the caller believes is "success" when the promise is
resolved, and "error" when it is rejected. In bold: customers who were mailed more than once, and beliefs that are wrong, a
success with something not done or an error with something done.

${tableOfTheirs(rows)}

Customers were mailed more than once in ${howMany(rows, isTwice)}. The belief is wrong in
${howMany(rows, isWrong)}.
`
