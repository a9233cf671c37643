/** A store of one's own under a worker, and after a restart. The tests of all stores are in `OutboxStore.test.ts`. */
import { Outbox } from "@effect-shipstation/outbox"
import { expect, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as OwnStore from "./ownStore.js"
import { are, freshMany, outbox, rows, told, until, working } from "./support.js"

it.effect("a worker sends what an earlier process offered", () => {
  const store = OwnStore.layer(mkdtempSync(join(tmpdir(), "outbox-json-")))
  const inputs = freshMany(3)
  return Effect.gen(function*() {
    yield* Effect.provide(
      Effect.flatMap(Outbox.Outbox, ({ offer }) => offer(inputs)),
      Layer.provide(Outbox.layer, Layer.fresh(store))
    )
    yield* Effect.gen(function*() {
      yield* until(are({ fulfilled: 3 })).pipe(working())
      expect((yield* told).size).toBe(3)
      expect((yield* rows).map(({ input }) => input)).toEqual(inputs)
    }).pipe(Effect.provide(outbox(Layer.fresh(store))))
  })
})
