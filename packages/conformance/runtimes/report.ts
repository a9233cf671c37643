/** The tables, and the document that they are in. */
import type { Case } from "./cases.js"
import type { Cell, Column } from "./matrix.js"
import { type Built, describeAnswers } from "./workers.js"

/** All that was seen, for a terminal. */
export const table = (cases: ReadonlyArray<Case>, columns: ReadonlyArray<Column>): string =>
  layOut([
    ["", ...columns.map(nameOf)],
    ...cases.map(({ name }) => [name, ...columns.map((column) => text(cellOf(column, name)))])
  ])

const nameOf = ({ client, runtime }: Column): string => `${runtime} ${client}`

const cellOf = ({ cells }: Column, name: string): Cell | undefined => cells.find((cell) => cell.name === name)

const text = (cell: Cell | undefined): string =>
  cell === undefined
    ? ""
    : `${cell.seen.posts} ${cell.ends.join(", ")}${cell.alone === undefined ? "" : ` (${cell.alone})`}`

/** Laid out as the repository's formatter does it. */
const layOut = (rows: ReadonlyArray<ReadonlyArray<string>>): string => {
  const [head = [], ...body] = rows
  const widths = head.map((_, column) => Math.max(3, ...rows.map((row) => row[column]?.length ?? 0)))
  const line = (row: ReadonlyArray<string>) =>
    `| ${widths.map((width, column) => (row[column] ?? "").padEnd(width)).join(" | ")} |`
  return [head, widths.map((width) => "-".repeat(width)), ...body].map(line).join("\n")
}

interface Advice {
  readonly runtime: RegExp
  readonly use: string
  readonly works: string
  readonly not: string
}

const advices: ReadonlyArray<Advice> = [
  {
    runtime: /^node/,
    use: "`NodeHttpClient.layerUndici`",
    works: "`FetchHttpClient.layer`, `NodeHttpClient.layer`, with an agent that keeps connections too",
    not: ""
  },
  {
    runtime: /^bun/,
    use: "`FetchHttpClient.layer`",
    works: "`NodeHttpClient.layer`; undici of npm when it is bundled (Bun has a stand-in for it)",
    not: ""
  },
  {
    runtime: /^deno/,
    use: "`FetchHttpClient.layer`",
    works: "`NodeHttpClient.layerUndici`, `NodeHttpClient.layer`",
    not: "`NodeHttpClient.layerWithoutAgent` with an agent that keeps connections: it posts twice"
  },
  {
    runtime: /^workerd/,
    use: "`FetchHttpClient.layer`, [in a Durable Object](#workers)",
    works: "`FetchHttpClient.layer` in a layer for each request",
    not: "a layer for the module"
  }
]

const tableOfAdvice = (columns: ReadonlyArray<Column>): string =>
  layOut([
    ["runtime", "version", "use", "works", "don't use"],
    ...distinct(columns.map(({ runtime }) => runtime)).map((runtime) => {
      const advice = advices.find((advice) => advice.runtime.test(runtime))
      const version = columns.find((column) => column.runtime === runtime)?.version ?? ""
      return [wordOf(runtime), version, advice?.use ?? "", advice?.works ?? "", advice?.not ?? ""]
    })
  ])

const wordOf = (runtime: string): string =>
  runtime.startsWith("node")
    ? `Node ${runtime.slice(4)}`
    : runtime === "bun"
    ? "Bun"
    : runtime === "deno"
    ? "Deno"
    : runtime

const distinct = (names: ReadonlyArray<string>): ReadonlyArray<string> => [...new Set(names)]

/** How each case ends nearly everywhere, and where otherwise. */
const tableOfEnds = (cases: ReadonlyArray<Case>, columns: ReadonlyArray<Column>): string =>
  layOut([
    ["what the server does", "POSTs it read", "`create`", "elsewhere"],
    ...cases.map((one) => {
      // it depends on what comes first
      if (one.isReadAtMost === true) return [one.name, "1, or 0", one.ends.join(", or "), ""]
      const usual = one.ends[0] ?? ""
      const others = columns.filter((column) => cellOf(column, one.name)?.ends.join() !== usual)
      const elsewhere = distinct(others.map((column) => cellOf(column, one.name)?.ends.join(", ") ?? "")).map((ends) =>
        `${ends}: ${
          others.filter((column) => cellOf(column, one.name)?.ends.join(", ") === ends).map(nameOf).join(", ")
        }`
      )
      return [one.name, postsOf(columns, one.name), usual, elsewhere.join("; ")]
    })
  ])

const postsOf = (columns: ReadonlyArray<Column>, name: string): string =>
  distinct(columns.map((column) => String(cellOf(column, name)?.seen.posts ?? ""))).join(" or ")

/** What the platform's clients do by themselves, where one of them posts more than once. */
const tableOfAlone = (cases: ReadonlyArray<Case>, columns: ReadonlyArray<Column>): string => {
  const repeats = (column: Column, name: string) => (cellOf(column, name)?.alone ?? 0) > 1
  const shown = columns.filter((column) => cases.some(({ name }) => repeats(column, name)))
  return layOut([
    ["what the server does", ...shown.map(nameOf)],
    ...cases.filter(({ name }) => shown.some((column) => repeats(column, name))).map(({ name }) => [
      name,
      ...shown.map((column) => String(cellOf(column, name)?.alone ?? ""))
    ])
  ])
}

/** Whose bodies go in chunks. */
const chunked = (columns: ReadonlyArray<Column>): string =>
  columns.filter(({ cells }) => cells[0]?.seen.framing === "chunked").map(nameOf).join(" and ")

const tableOfWorkers = (workers: ReadonlyArray<Built>): string =>
  layOut([
    ["built as", "12 requests at once", "POSTs", "the first one asked again", "its POSTs"],
    ...workers.map(({ again, answers, how, posts, postsAgain }) => [
      how,
      describeAnswers(answers),
      String(posts),
      again,
      String(postsAgain)
    ])
  ])

/** All of it, as it stands in the documentation. */
export const page = (
  cases: ReadonlyArray<Case>,
  all: ReadonlyArray<Column>,
  unsafe: ReadonlyArray<Column>,
  workers: ReadonlyArray<Built>
): string => {
  const columns = all.filter((column) => !unsafe.includes(column))
  return `# Where it runs

A POST to ShipStation that goes out twice mails a customer twice. So nothing below \`create\` may send one again, whatever the
runtime, and whatever becomes of the answer. Here a server that misbehaves counts the POSTs that it read, each runtime plays all
cases with each of its HTTP clients, and the tables are what was seen.

Written by \`pnpm runtimes --write\`. \`pnpm runtimes\` fails when a POST goes out more than once or ends otherwise than it must,
when the key is printed, and when a flaw that we work around is gone. It needs no internet: the runtimes come from npm.

## Which client to use

${tableOfAdvice(all)}

Of these clients only Deno's \`fetch\` speaks HTTP/2, if the server does.

## How a POST ends

The server reads it, and then does this. \`readBack\` is \`"none"\`, so \`create\` tells what the answer alone says. "Elsewhere" is where
it ended otherwise: all of these are safe, but an error that is known to be \`unsent\` is better than one that isn't known.

${tableOfEnds(cases, columns)}

## What the clients do by themselves

POSTs that the server read when the platform's \`HttpClient\` was used alone, where one of them sent more than one. (A connection is
kept from one row to the next, so that a row may find one that was used, or none.)

${tableOfAlone(cases, all)}

undici's \`fetch\` repeats a request that is answered with 421; Deno's, one whose connection was used before and ends without an
answer, and one whose stream is refused. Both do so only with a body that they can read again. So with \`FetchHttpClient\` the body is a stream that can be read
once. Its length is said beside it, so over HTTP/1.1 it goes in one piece, but from ${
    chunked(columns)
  }: there it goes in chunks
(\`transfer-encoding: chunked\`). A proxy or server that takes no chunks answers 411, and \`create\` says \`Unknown\` with that status. The API's own servers were not
tried: use undici or \`node:http\` there if it happens to you.

Deno's \`node:http\` repeats what goes over a kept connection, and we can't keep it from it. \`NodeHttpClient.layer\` keeps none.

## Clients of your own

A request is handed to the \`HttpClient\` once. One that was made to repeat (\`HttpClient.retryTransient\`, \`HttpClient.retry\`,
\`followRedirects\`, an \`Effect.retry\` in \`transform\`) is stopped before the second time: \`ShipStationConnectionLostError\`, "the
HttpClient tried to send the request again, and was stopped", and a warning in the log. What became of the first isn't known
then, a status that it was answered with included, so give it a client that doesn't repeat: the library's own \`RetryPolicy\` does it,
where it is safe, and within the limit. This holds for GETs as well, which would go past the limit.

What a client does besides, in \`HttpClient.tap\` say, may fail without harm: an error of another request, an answer to one, and a
defect tell nothing of this one, so what became of it is unknown, and looked up. A client that can't be interrupted is left to itself
a second after the time-out.

What can't be seen from outside, and so isn't stopped:

- an \`HttpClient.make\` of your own around the global \`fetch\`, or another library's client that repeats. Hand a \`fetch\` in as
  \`FetchHttpClient.Fetch\` instead
- a \`Fetch\` that makes a \`Request\` of what it is given and sends a \`clone()\` of it each time, as many wrappers that retry do. One
  that calls \`fetch\` again with what it was given is stopped
- a retry in \`HttpClient.transform\` over \`HttpClient.withTracerDisabledWhen\`, on undici and \`node:http\`
- a \`RequestInit\` with \`keepalive: true\` together with a \`Fetch\` of your own: fetch takes no stream then. (With the global \`fetch\`,
  \`keepalive: true\` is left out. It is for pages that are left.)

In a browser the key could be seen by whoever looks, so it isn't for browsers.

## Workers

workerd ties what waits to the request that it waits for. A layer for the module is shared by requests, and one that waits for the
rate limit, or for another's batch, is woken up by another request. That is where it stops: workerd says that "your Worker's code
had hung and would never generate a response". No compatibility date or flag changes it. So build the layer

- in a Durable Object, one for each account. Its requests share the limit, and what is remembered of shipments:
  [shop.ts](../packages/conformance/runtimes/shop.ts) does it. What an evicted object knew is gone, so use \`readBack: "before"\` where a
  shipment may be asked for again
- or for each request, where nothing is remembered and each has a limit of its own. Use \`readBack: "before"\`, and a lower \`limit\`.

The limit was 5 in 300 ms, so that requests waited for each other:

${tableOfWorkers(workers)}
`
}
