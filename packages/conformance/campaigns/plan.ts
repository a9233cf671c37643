/**
 * `fulfill plan` with a million rows: CPU time and resident memory. From the sources, which tsx compiles in the same
 * process; `pnpm campaign plan <path of an installed bin.js>` measures what users have.
 */
import { Console, Effect } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { createWriteStream } from "node:fs"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const rows = 1_000_000
const mostSeconds = 60
const installed = process.argv[3]
const mostMegabytes = installed === undefined ? 300 : 200
const bin = installed ?? fileURLToPath(new URL("../../cli/src/bin.ts", import.meta.url))

const write = async (file: string) => {
  const out = createWriteStream(file)
  out.write("order,shipment_id,tracking_number,carrier_code,ship_date,notify_customer,notify_order_source,note\n")
  for (let from = 0; from < rows; from += 10_000) {
    const lines = Array.from({ length: 10_000 }, (_, index) => {
      const row = from + index
      const [number, carrier] = row % 2 === 0 ? ["1Z5R89390357567127", "ups"] : ["9400111219615502912683", "usps"]
      const time = `${String(row % 24).padStart(2, "0")}:${String(row % 60).padStart(2, "0")}`
      return `00${row},se-${880_000_000 + row},${number},${carrier},2026-11-25 ${time},yes,no,"Some note, ${row}"\n`
    })
    if (!out.write(lines.join(""))) await once(out, "drain")
  }
  out.end()
  await once(out, "finish")
}

const measure = "data:text/javascript,process.on('exit',()=>{const u=process.resourceUsage();"
  + "process._rawDebug('usage '+JSON.stringify([(u.userCPUTime%2Bu.systemCPUTime)/1e6,u.maxRSS/1024]))})"

export const plan = Effect.promise(async () => {
  const directory = await mkdtemp(join(tmpdir(), "fulfill-"))
  try {
    const file = join(directory, "million.csv")
    await write(file)
    const child = spawn(
      process.execPath,
      [
        "--import",
        "tsx",
        "--import",
        measure,
        bin,
        "plan",
        file,
        "--timezone",
        "Europe/Berlin",
        "--json"
      ].slice(installed === undefined ? 0 : 2)
    )
    let stdout = ""
    let stderr = ""
    child.stdout.on("data", (data) => stdout += String(data))
    child.stderr.on("data", (data) => stderr += String(data))
    const [code] = await once(child, "close")
    if (code !== 0) throw new Error(`it ended with ${code}: ${stderr}`)
    const [seconds, megabytes] = JSON.parse(/usage (.*)/.exec(stderr)?.[1] ?? "[]")
    return { seconds, megabytes, valid: JSON.parse(stdout).valid }
  } finally {
    await rm(directory, { recursive: true })
  }
}).pipe(
  Effect.tap(({ megabytes, seconds, valid }) =>
    Console.log(`${valid} rows can be sent, ${Math.round(seconds)} s of CPU, ${Math.round(megabytes)} MB resident`)
  ),
  Effect.filterOrDieMessage(
    ({ megabytes, seconds, valid }) => valid === rows && seconds <= mostSeconds && megabytes <= mostMegabytes,
    `more than ${mostSeconds} s or ${mostMegabytes} MB, or not all rows`
  ),
  Effect.asVoid
)
