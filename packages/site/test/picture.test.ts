import { Picture } from "@effect-shipstation/test-kit"
import { expect, it } from "@effect/vitest"
import { join } from "node:path"
import { manifestOf, published, root } from "../src/root.js"

/** The purpose of each package, in a few words. */
const purposes: Readonly<Record<string, readonly [tone: Picture.Tone, ...lines: ReadonlyArray<string>]>> = {
  schema: ["plain", "what goes over the wire"],
  "http-client": ["plain", "how a request gets there,", "and what a failure means"],
  fulfillments: ["active", "the call: create, list"],
  shipments: ["plain", "from order numbers to ids"],
  webhooks: ["plain", "what ShipStation tells by itself"],
  promise: ["active", "the same without Effect"],
  outbox: ["good", "survives crashes"],
  cluster: ["good", "spread over machines"],
  dashboard: ["good", "the outbox in a browser"],
  cli: ["active", "fulfill: files in, outcomes out"],
  emulator: ["open", "a ShipStation on", "your own machine"],
  page: ["plain", "what both pages share"]
}

const scope = "@effect-shipstation/"

const needsOf = (name: string): ReadonlyArray<string> =>
  Object.keys(manifestOf(name).dependencies ?? {}).filter((other) => other.startsWith(scope))
    .map((other) => other.slice(scope.length))

const reaches = (from: string, to: string): boolean => needsOf(from).some((other) => other === to || reaches(other, to))

/** Those that it needs by itself, and not by another that it needs. */
const directNeeds = (name: string): ReadonlyArray<string> =>
  needsOf(name).filter((need) => !needsOf(name).some((other) => other !== need && reaches(other, need)))

it("each package that is published is for something", () => {
  expect(Object.keys(purposes).toSorted()).toEqual(published.toSorted())
})

// `pnpm docs:sync` writes it
it("the picture of the packages shows what each needs", async () => {
  const picture = await Picture.draw({
    title: "The packages: an arrow leads to what a package needs",
    boxes: Object.entries(purposes).map(([name, [tone, ...lines]]) => ({ name, tone, lines })),
    arrows: Object.keys(purposes).flatMap((from) => directNeeds(from).map((to) => ({ from, to }))),
    direction: "down"
  })
  await expect(picture).toMatchFileSnapshot(join(root, "docs/images/packages.svg"))
})
