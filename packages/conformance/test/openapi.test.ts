/** The OpenAPI document, as Redocly's linter sees it. */
import { ShipStationApi } from "@effect-shipstation/emulator"
import { describe, expect, it } from "@effect/vitest"
import { createConfig, lintFromString } from "@redocly/openapi-core"

const lint = async (document: object) => {
  const config = await createConfig({
    extends: ["recommended-strict"],
    // the vendor names no licence of its API, and it isn't ours to give one
    rules: { "info-license": "off" }
  })
  const problems = await lintFromString({ source: JSON.stringify(document), config })
  return problems.map(({ location: [place], message, ruleId }) => ({ ruleId, message, at: place?.pointer }))
}

describe("the linter", () => {
  it("has nothing to say of the document", async () => {
    expect(await lint(ShipStationApi.openApi)).toEqual([])
  })

  it("sees an example that doesn't fit, and a schema that nothing uses", async () => {
    const broken = structuredClone(ShipStationApi.openApi)
    broken.components.schemas["Unused"] = { type: "string" }
    Object.assign(broken.components.schemas["ShipStationCreateFulfillmentsResult"] ?? {}, {
      required: ["carrier_code"]
    })
    const rules = (await lint(broken)).map(({ ruleId }) => ruleId)
    expect(rules).toEqual(expect.arrayContaining(["no-invalid-media-type-examples", "no-unused-components"]))
  })
})
