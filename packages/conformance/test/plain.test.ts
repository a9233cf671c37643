import { expect, it } from "@effect/vitest"
import { compare, pairs } from "../campaigns/plain/equal.js"

const count = 10_000

it.each(Object.keys(pairs))("%s by hand is what the schema makes of it", (name) => {
  const { parted, valid } = compare(name, count, 1)
  expect(parted).toBeUndefined()
  // values of both kinds were tried
  expect(valid).toBeGreaterThan(count / 20)
  expect(valid).toBeLessThan(count - count / 20)
})
