import { ExitCode } from "@effect-shipstation/cli"
import { Emulator } from "@effect-shipstation/emulator"
import { FileSystem, HttpClient, Path } from "@effect/platform"
import { describe, expect, it } from "@effect/vitest"
import { Array, Deferred, Effect, Schedule } from "effect"
import * as Signals from "../src/terminal/Signals.js"
import { client, created, customers, denied, given, json, layer } from "./support.js"
import { xlsx } from "./xlsx.js"

const header = ["Order Number", "Tracking Number", "Carrier", "Note"]

const numberOf = (n: number) => `1Z999AA1030000${String(n).padStart(4, "0")}`

const shipments = [
  ...Array.makeBy(11, (n) => ({ shipment_id: `se-10${n}`, shipment_number: `A-${n}` })),
  { shipment_id: "se-201", shipment_number: "TWO" },
  { shipment_id: "se-202", shipment_number: "TWO" },
  { shipment_id: "se-300", shipment_number: "GONE", cancelled: true }
]

const carriers = { ups: "UPS", stamps_com: "Stamps.com", fedex: "FedEx" }

const names = ["UPS® Ground", "USPS First Class", "FedEx Home Delivery®"]

/** Ten orders, one of them in two boxes, and three that can't be sent as they are. */
const orders = [
  ...Array.makeBy(10, (n) => [`A-${n}`, numberOf(n), names[n % names.length] ?? "", `row ${n}`]),
  ["A-9", numberOf(90), "UPS® Ground", "second box"],
  ["TWO", numberOf(91), "UPS® Ground", "two orders"],
  ["NONE", numberOf(92), "UPS® Ground", "a typo"],
  ["GONE", numberOf(93), "UPS® Ground", "cancelled"]
]

const account = layer({ shipments, carriers })

/** Whom ShipStation mailed, each as often as it did. */
const mailed = Effect.gen(function*() {
  const { notifications } = yield* Emulator.Emulator
  return (yield* notifications).filter(({ kind }) => kind === "customer").map(({ shipment_id }) => shipment_id)
})

/** Runs it, and says Ctrl-C once some customers were mailed. */
const stopped = <A, E, R>(self: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const first = yield* Deferred.make<ExitCode.Signal>()
    const second = yield* Deferred.make<ExitCode.Signal>()
    yield* customers.pipe(
      Effect.repeat({ until: (n) => n > 0, schedule: Schedule.spaced("5 millis") }),
      Effect.zipRight(Deferred.succeed(first, "SIGINT")),
      Effect.forkScoped
    )
    return yield* Effect.provideService(self, Signals.Signals, { first, second })
  })

const folder = Effect.gen(function*() {
  const { directory, ...rest } = yield* given()
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const file = path.join(directory, "shipments.xlsx")
  yield* fs.writeFile(file, xlsx([header, ...orders]))
  return { ...rest, directory, file }
})

describe("an operator's day", () => {
  it.scopedLive(
    "order numbers and carriers by name, each told once, and every problem named",
    () =>
      Effect.gen(function*() {
        const { directory, file, report, run } = yield* folder
        const fs = yield* FileSystem.FileSystem
        const path = yield* Path.Path

        const plan = yield* run(["plan", file, "--notify", "customer"])
        expect(plan.code).toBe(ExitCode.usage)
        expect(plan.stdout).toContain("10 of 14 rows can be sent")
        expect(plan.stdout).toContain("stamps_com 3 (USPS First Class)")
        expect(plan.stderr).toContain("Looking up 13 order numbers: 1 request, about a second")
        for (
          const part of [
            "row 12, Order Number \"A-9\": is in row 11 too, with something else: keep one of the two",
            "row 13, Order Number \"TWO\": is the order number of 2 shipments: se-201, se-202: write the id",
            "row 14, Order Number \"NONE\": is the order number of no shipment: compare it",
            "row 15, Order Number \"GONE\": is the order number of a cancelled shipment: se-300: delete this row"
          ]
        ) expect(plan.stderr).toContain(part)
        expect(yield* mailed).toStrictEqual([])

        const importIt = ["import", file, "--notify", "customer", "--skip-bad-rows", "--yes", "--batch-size", "1"]
        const cut = yield* stopped(run([...importIt, "--requests-per-minute", "12"]))
        expect(cut.code).toBe(ExitCode.ofSignal("SIGINT"))
        const before = yield* mailed
        expect(before.length).toBeGreaterThan(0)
        expect(before.length).toBeLessThan(9)
        const rest = yield* run(importIt)
        expect(rest.stderr).toContain("Going on with")
        expect(rest.code).toBe(ExitCode.ok)

        const fulfilled = yield* report("fulfilled.csv")
        expect(fulfilled[0]?.slice(4)).toStrictEqual([
          "outcome",
          "message",
          "request_id",
          "fulfillment_id",
          "shipment_id"
        ])
        expect(fulfilled.slice(1).map((cells) => cells.at(-1))).toStrictEqual(Array.makeBy(9, (n) => `se-10${n}`))
        const skipped = yield* report("skipped.csv")
        expect(skipped.slice(1).map(([number, , , note]) => `${number} ${note}`)).toStrictEqual([
          "A-9 row 9",
          "A-9 second box",
          "TWO two orders",
          "NONE a typo",
          "GONE cancelled"
        ])

        const corrected = path.join(directory, "corrected.csv")
        const [, box = [], , two = [], typo = []] = skipped.map((cells) => cells.slice(0, 4))
        const lines = [header, box, ["se-202", ...two.slice(1)], ["A-10", ...typo.slice(1)]]
        yield* fs.writeFileString(corrected, lines.map((cells) => `${cells.join(",")}\n`).join(""))
        const more = yield* run(["import", corrected, "--notify", "customer", "--yes"])
        expect(more.code).toBe(ExitCode.ok)
        expect((yield* run(importIt)).stderr).toContain("0 to be sent")

        const all = yield* mailed
        expect(new Set(all).size).toBe(all.length)
        expect(all.toSorted()).toStrictEqual([...Array.makeBy(11, (n) => `se-10${n}`), "se-202"].toSorted())
      }).pipe(Effect.provide(account))
  )

  it.scopedLive(
    "a key that is refused sends nothing, and without one the plan says what a key is for",
    () =>
      Effect.gen(function*() {
        const { file, run } = yield* folder
        const importIt = ["import", file, "--notify", "customer", "--skip-bad-rows", "--yes"]
        const check = yield* run(["check"])
        expect(check.code).toBe(ExitCode.ok)
        expect(check.stderr).toContain("takes the key. The account has 3 carriers")
        expect(check.stdout).toContain("stamps_com,Stamps.com")
        expect((yield* run(["check"], { SHIPSTATION_API_KEY: "another" })).code).toBe(ExitCode.refused)
        const refused = yield* run(importIt, { SHIPSTATION_API_KEY: "another" })
        expect(refused.code).toBe(ExitCode.refused)
        expect(refused.stderr).toContain("refuses the key")
        const plan = yield* run(["plan", file, "--notify", "customer"], { SHIPSTATION_API_KEY: "" })
        expect(plan.code).toBe(ExitCode.usage)
        expect(plan.stderr).toContain(
          "without a key it can't be looked up which shipment that is: set SHIPSTATION_API_KEY"
        )
        const gone = yield* Effect.provide(
          run(["plan", file, "--notify", "customer"]),
          client((request) => json(request, {}, 503))
        )
        expect(gone.code).toBe(ExitCode.temporary)
        expect(gone.stderr).toContain("ShipStation can't be reached")
        expect(yield* mailed).toStrictEqual([])
      }).pipe(Effect.provide(account))
  )

  it.scopedLive(
    "thousands of numbers are looked up together, once for all passes over the file",
    () =>
      Effect.gen(function*() {
        const many = Array.makeBy(2_000, (n) => ({ shipment_id: `se-9${n}`, shipment_number: `N-${n}` }))
        yield* (yield* Emulator.Emulator).seed({ shipments: many })
        const { file, run, write } = yield* given()
        yield* write(
          "order_number,tracking_number,carrier_code",
          ...many.map(({ shipment_number }, n) => `${shipment_number},1Z${n},${names[0]}`)
        )
        const { stderr, stdout } = yield* run(["plan", file, "--notify", "none"])
        expect(stdout).toContain("2000 of 2,000 rows can be sent")
        expect(stderr).toMatch(/Looking up 2,000 order numbers: \d requests,/)
        const asked = yield* (yield* Emulator.Emulator).requests
        // the carriers, what it will cost, and the pages
        expect(asked.length).toBeLessThan(10)
        expect(asked.every(({ method }) => method === "GET")).toBe(true)
      }).pipe(Effect.provide(account))
  )

  it.scopedLive("a number that means two shipments by now stops a run that goes on, before anything more is sent", () =>
    Effect.gen(function*() {
      const { importIt, sums, write } = yield* given()
      const http = yield* HttpClient.HttpClient
      const lines = (...first: ReadonlyArray<string>) =>
        first.map((number, n) => [number, numberOf(n), "ups", ""].join(","))
      yield* write(header.join(","), ...lines("A-1", "A-2"))
      const refusing = client((request) =>
        request.method === "POST" ? json(request, denied, 401) : http.execute(request)
      )
      expect((yield* Effect.provide(importIt(), refusing)).code).toBe(ExitCode.refused)
      yield* (yield* Emulator.Emulator).seed({ shipments: [{ shipment_id: "se-999", shipment_number: "A-1" }] })
      const again = yield* importIt()
      expect(again.code).toBe(ExitCode.usage)
      expect(again.stderr).toContain("line 2, Order Number \"A-1\": is the order number of 2 shipments: se-101, se-999")
      expect(yield* sums).toStrictEqual([0, 0, 0, 2])
      expect(yield* created).toBe(0)
      yield* write(header.join(","), ...lines("se-101", "A-2"))
      expect((yield* importIt()).code).toBe(ExitCode.ok)
      expect(yield* sums).toStrictEqual([2, 0, 0, 0])
    }).pipe(Effect.provide(account)))

  it.scopedLive("a correction of a report goes where the report says, or nowhere", () =>
    Effect.gen(function*() {
      const { run, write, file } = yield* given()
      const line = (number: string, n: number, id: string) => `${number},${numberOf(n)},ups,,rejected,,,,${id}`
      yield* write(
        `${header.join(",")},outcome,message,request_id,fulfillment_id,shipment_id`,
        line("TWO", 1, "se-202"),
        line("A-1", 2, "se-101"),
        line("A-2", 3, "se-101"),
        line("A-3", 4, "")
      )
      const { stderr, stdout } = yield* run(["plan", file, "--notify", "none"])
      expect(stdout).toContain("3 of 4 rows can be sent")
      expect(stderr).toContain("line 4, Order Number \"A-2\": is of se-102, and the report's shipment_id is se-101")
    }).pipe(Effect.provide(account)))
})
