import { Emulator } from "@effect-shipstation/emulator"
import { expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { given, header, layer } from "./support.js"

it.scopedLive("an outbox that was tried on an emulator is not used for the real ShipStation", () =>
  Effect.gen(function*() {
    const { file, importIt, run } = yield* given(header, "1,se-1,1Z1,ups,")
    expect((yield* importIt()).code).toBe(0)
    const before = yield* Effect.flatMap(Emulator.Emulator, ({ requests }) => requests)

    const real = { SHIPSTATION_BASE_URL: "https://api.shipstation.com" }
    for (const args of [["import", file, "--notify", "none", "--yes"], ["work"]]) {
      const { code, stderr } = yield* run(args, real)
      expect(code).toBe(2)
      expect(stderr).toContain("holds what was sent to 127.0.0.1, and SHIPSTATION_BASE_URL says api.shipstation.com")
    }
    const after = yield* Effect.flatMap(Emulator.Emulator, ({ requests }) => requests)
    expect(after.slice(before.length).map(({ method }) => method)).not.toContain("POST")
    expect((yield* importIt()).code).toBe(0)
  }).pipe(Effect.provide(layer())))
