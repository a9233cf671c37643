import { ExitCode } from "@effect-shipstation/cli"
import { Emulator } from "@effect-shipstation/emulator"
import { FileSystem, HttpClient } from "@effect/platform"
import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { client, created, denied, given, json, layer } from "./support.js"

const account = layer({
  shipments: ["A-1", "A-2", "A-3"].map((shipment_number, n) => ({ shipment_id: `se-10${n + 1}`, shipment_number })),
  carriers: { ups: "UPS" }
})

const lines = ["order_number,tracking_number,carrier_code", "A-1,1,ups", "A-2,2,ups", "A-3,3,ups"]

/** Runs it on the emulator; what is asked to be created is refused. */
const cut = <A, E, R>(self: Effect.Effect<A, E, R>) =>
  Effect.flatMap(HttpClient.HttpClient, (http) =>
    Effect.provide(
      self,
      client((request) => request.method === "POST" ? json(request, denied, 401) : http.execute(request))
    ))

const seed = (options: Pick<Emulator.Options, "shipments" | "carriers">) =>
  Effect.flatMap(Emulator.Emulator, ({ seed }) => seed(options))

const another = { shipments: [{ shipment_id: "se-999", shipment_number: "A-1" }] }

const named = ["shipment_id,tracking_number,carrier_code", "se-101,1,UPS® Ground", "se-102,2,UPS® Ground"]

const renamed = { carriers: { ups_walleted: "UPS® Ground" } }

describe("what is looked up, and means something else by the time an import goes on", () => {
  it.scopedLive("stops it before anything more is sent, and the list of problems has the row", () =>
    Effect.gen(function*() {
      const { directory, importIt, sums } = yield* given(...lines)
      expect((yield* cut(importIt())).code).toBe(ExitCode.refused)
      yield* seed(another)
      const { code, stderr } = yield* importIt()
      expect(code).toBe(ExitCode.usage)
      expect(stderr).toContain("1 problem. Nothing more was sent")
      const fs = yield* FileSystem.FileSystem
      expect(yield* fs.readFileString(`${directory}/shipments-problems.csv`)).toContain(
        "problem,2,order_number,A-1,\"is the order number of 2 shipments: se-101, se-999\""
      )
      expect(yield* sums).toStrictEqual([0, 0, 0, 3])
      expect(yield* created).toBe(0)
    }).pipe(Effect.provide(account)))

  it.scopedLive("isn't left out by --skip-bad-rows, as it waits to be sent", () =>
    Effect.gen(function*() {
      const { importIt, sums } = yield* given(...lines)
      expect((yield* cut(importIt("--skip-bad-rows"))).code).toBe(ExitCode.refused)
      yield* seed(another)
      const { code, stderr } = yield* importIt("--skip-bad-rows")
      expect(code).toBe(ExitCode.usage)
      expect(stderr).toContain("1 of 3 shipments that were confirmed is another one by now, or can't be sent any more")
      expect(stderr).toContain("se-101, se-999")
      expect(yield* sums).toStrictEqual([0, 0, 0, 3])
      expect(yield* created).toBe(0)
    }).pipe(Effect.provide(account)))

  it.scopedLive("isn't sent beside what it meant before", () =>
    Effect.gen(function*() {
      const { importIt } = yield* given(...lines)
      expect((yield* cut(importIt())).code).toBe(ExitCode.refused)
      yield* seed({ shipments: [{ shipment_id: "se-101", shipment_number: "B-1" }, ...another.shipments] })
      const { code, stderr } = yield* importIt()
      expect(code).toBe(ExitCode.usage)
      expect(stderr).toContain("1 of 3 shipments that were confirmed is another one by now, or can't be sent any more")
      expect(yield* created).toBe(0)
    }).pipe(Effect.provide(account)))

  it.scopedLive.each<readonly [string, string, ReadonlyArray<string>, Parameters<typeof seed>[0]]>([
    ["an order number", "another shipment", lines, {
      shipments: [{ shipment_id: "se-101", shipment_number: "B-1" }, ...another.shipments]
    }],
    ["a name", "another carrier", lines.map((line) => line.replace("ups", "UPS® Ground")), renamed],
    ["a name", "another carrier, where ids say which shipment", named, renamed]
  ])("of %s isn't sent to %s, after another file came between", ([, , file, now]) =>
    Effect.gen(function*() {
      const { importIt, write } = yield* given(...file)
      expect((yield* cut(importIt())).code).toBe(ExitCode.refused)
      yield* write("shipment_id,tracking_number,carrier_code", "se-500,5,ups")
      expect((yield* importIt("--offer-only")).code).toBe(ExitCode.ok)
      yield* write(...file)
      yield* seed(now)
      const { code, stderr } = yield* importIt()
      expect(code).toBe(ExitCode.usage)
      expect(stderr).toContain("a number means another shipment than was confirmed, or a name another carrier")
      expect(yield* created).toBe(0)
    }).pipe(Effect.provide(account)))

  it.scopedLive("within a run is what it was when the run was confirmed", () =>
    Effect.gen(function*() {
      const { importIt, report, sums } = yield* given(...lines)
      const http = yield* HttpClient.HttpClient
      const emulator = yield* Emulator.Emulator
      const { code } = yield* Effect.provide(
        importIt("--batch-size", "1"),
        client((request) =>
          request.method === "POST"
            ? Effect.zipRight(Effect.orDie(emulator.seed(another)), http.execute(request))
            : http.execute(request)
        )
      )
      expect(code).toBe(ExitCode.ok)
      expect(yield* sums).toStrictEqual([3, 0, 0, 0])
      expect((yield* report("fulfilled.csv"))[1]?.at(-1)).toBe("se-101")
    }).pipe(Effect.provide(account)))

  it.scopedLive("a row whose carrier isn't known any more is in a report", () =>
    Effect.gen(function*() {
      const { importIt, report, sums } = yield* given(
        "shipment_id,tracking_number,carrier_code",
        "se-101,1,UPS Ground",
        "se-102,2,UPS Ground"
      )
      expect((yield* cut(importIt())).code).toBe(ExitCode.refused)
      const http = yield* HttpClient.HttpClient
      const { code } = yield* Effect.provide(
        importIt(),
        client((request) => request.url.endsWith("/carriers") ? json(request, { carriers: [] }) : http.execute(request))
      )
      expect(code).toBe(ExitCode.unknown)
      expect(yield* sums).toStrictEqual([0, 0, 2, 0])
      expect((yield* report("unknown.csv"))[1]?.[4]).toMatch(/^carrier_code is .*: see fulfill list/)
    }).pipe(Effect.provide(account)))
})
