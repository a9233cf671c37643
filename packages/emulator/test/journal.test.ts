import { Emulator, SeedFile } from "@effect-shipstation/emulator"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, TestClock } from "effect"
import { create, inProcess, list, results } from "./support.js"

describe("the journal", () => {
  const history = (seed: number) =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.Emulator
      yield* emulator.reset
      for (let n = 0; n < 60; n++) {
        yield* Effect.either(create([`se-${n % 50}`, `se-${n}`]))
        yield* Effect.either(list({ shipment_id: `se-${n}` }))
        yield* TestClock.adjust("250 millis")
      }
      return JSON.stringify(yield* emulator.requests)
    }).pipe(Effect.provide(inProcess({
      seed,
      resultOrder: "shuffled",
      rateLimit: { limit: 100 },
      faults: [
        { probability: 0.2, action: { _tag: "ErrorBody", status: 503, commits: 1 } },
        { probability: 0.2, action: { _tag: "PartialSuccess", commits: { share: 0.5 } } },
        { probability: 0.2, action: { _tag: "LandLate", after: "2 seconds" } },
        { probability: 0.2, action: { _tag: "ChangeList", mostRows: 1 } },
        { probability: 0.2, action: { _tag: "Reset" } }
      ]
    })))

  // each run has a clock of its own, as each begins at the same moment
  const histories: Array<string> = []
  it.effect.each([1, 1, 2])("with the seed %d", (seed) =>
    Effect.map(history(seed), (journal) => {
      histories.push(journal)
    }))

  it("is byte for byte the same under the same seed, and another under another", () => {
    const [first, second, third] = histories
    assert.strictEqual(first?.match(/"limited":true/g)?.length, 20)
    assert.strictEqual(second, first)
    assert.notStrictEqual(third, first)
  })

  it.effect("keeps 4 KB of a body, hides keys in it, and keeps the bodies of the last 1,000 requests", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.Emulator
      yield* create(Array.from({ length: 500 }, (_, n) => `se-${n}`))
      yield* create(["café-\"quoted\"-key", "\"quoted\"-key"], "\"quoted\"-key")
      const [big, hidden] = yield* emulator.requests
      assert.strictEqual(big?.requestBody?.length, 4_096)
      assert.strictEqual(big?.responseBody?.length, 4_096)
      assert.isDefined(hidden?.requestBody)
      assert.notInclude(JSON.stringify(hidden), "quoted")
      yield* Effect.replicateEffect(create(["se-1"]), 999)
      const [first, second] = yield* emulator.requests
      assert.isUndefined(first?.requestBody)
      assert.isUndefined(first?.responseBody)
      assert.isDefined(second?.responseBody)
    }).pipe(Effect.provide(inProcess({
      rateLimit: "off",
      accounts: [{ name: "a", apiKey: Emulator.defaultApiKey }, { name: "a", apiKey: "\"quoted\"-key" }]
    }))))
})

it.effect("the journal has what would have been answered, had it not got lost", () =>
  Effect.gen(function*() {
    const emulator = yield* Emulator.Emulator
    yield* Effect.either(create(["se-1"]))
    yield* Effect.either(create(["se-2"]))
    const [reset, refused] = yield* emulator.requests
    assert.strictEqual(reset?.responseBody, JSON.stringify(results("se-1")))
    assert.isUndefined(refused?.responseBody)
  }).pipe(Effect.provide(inProcess({
    faults: [{ nth: 1, action: { _tag: "Reset" } }, { nth: 2, action: { _tag: "RefuseConnection" } }]
  }))))

describe("a seed file", () => {
  it.effect("fits the options", () =>
    Effect.gen(function*() {
      const seed = Either.getOrThrow(SeedFile.decode(JSON.stringify({
        shipments: [
          { shipment_id: "se-1", shipment_number: "A-1", ship_to: { name: "Jane Doe", country_code: "US" } },
          { shipment_id: "se-2", cancelled: true, account: "b", order_source_id: "se-7" }
        ],
        fulfillments: [
          {
            shipment_id: "se-1",
            tracking_number: "1Z",
            carrier_code: "bike",
            voided: true,
            ship_date: "2024-01-15T10:00:00Z"
          }
        ],
        carriers: { bike: "Bike Messengers", ups: "UPS" },
        accounts: [{ name: "a", apiKey: "key-a" }, { name: "b", apiKey: "key-b", verified: false }],
        faults: [{ endpoint: "list", action: { _tag: "ErrorBody", status: 503 } }]
      })))
      yield* Effect.gen(function*() {
        const emulator = yield* Emulator.Emulator
        assert.include(yield* (yield* create(["se-1"], "key-a")).text, "A-1")
        assert.deepStrictEqual((yield* emulator.fulfillments).map(({ voided }) => voided), [true, false])
        assert.strictEqual((yield* create(["se-2"], "key-b")).status, 400)
        assert.strictEqual((yield* list()).status, 503)
        assert.strictEqual((yield* emulator.fulfillments)[0]?.ship_to?.name, "Jane Doe")
      }).pipe(Effect.provide(inProcess(seed)))
    }))

  it.each<[string, ReadonlyArray<string>]>([
    ["{", [""]],
    ["[]", [""]],
    ["{}", []],
    [`{"shipmnts":[]}`, ["shipmnts"]],
    [`{"shipments":[{"shipment_id":"se-1"},{"shipment_id":"12"},{}]}`, [
      "shipments[1].shipment_id",
      "shipments[2].shipment_id"
    ]],
    [`{"carriers":{"ups":7}}`, ["carriers.ups"]],
    [`{"carriers":{"UPS Ground":"UPS"}}`, ["carriers.UPS Ground"]],
    [`{"fulfillments":[{"shipment_id":"se-1","tracking_number":"1","created_at":"today"}]}`, [
      "fulfillments[0].created_at"
    ]],
    [`{"accounts":[{"name":"a","apiKey":"se cret"}]}`, ["accounts[0].apiKey"]],
    [`{"faults":[{"action":{"_tag":"Delay","duration":"soon"}}]}`, ["faults[0].action.duration"]]
  ])("tells where something is wrong: %s", (text, paths) => {
    const decoded = SeedFile.decode(text)
    const issues = Either.isLeft(decoded) ? decoded.left : []
    assert.deepStrictEqual(issues.map(({ path }) => path), paths)
    assert.notInclude(JSON.stringify(issues), "se cret")
  })
})
