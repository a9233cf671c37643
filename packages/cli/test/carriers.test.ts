import { ExitCode } from "@effect-shipstation/cli"
import { Emulator } from "@effect-shipstation/emulator"
import { HttpClient } from "@effect/platform"
import { describe, expect, it } from "@effect/vitest"
import { Array, Effect } from "effect"
import { client, created, denied, given, header, json, layer, noAnswer } from "./support.js"

const account = { carriers: { ups: "UPS", usps: "USPS", dhl_express: "DHL Express" } }

const asked = Effect.flatMap(
  Emulator.Emulator,
  ({ requests }) => Effect.map(requests, (all) => all.filter(({ path }) => path.startsWith("/v2/carriers")).length)
)

const lines = [
  "1,se-1,1ZLC75BU0182558400,ups,",
  "2,se-2,A2,upss,",
  "3,se-3,A3,upss,",
  "4,se-4,JD0123456789012345,dhl,",
  "5,se-5,A5,hermes,"
]

describe("a carrier that the account doesn't have", () => {
  it.scopedLive("is warned of by plan, with what is probably meant, and asked for once", () =>
    Effect.gen(function*() {
      const { file, run } = yield* given(header, ...lines, ...Array.makeBy(700, (n) => `${n},se-9${n},B${n},upss,`))
      const { code, stderr, stdout } = yield* run(["plan", file, "--notify", "none"])
      expect(code).toBe(ExitCode.ok)
      expect(stdout).toContain("705 of 705 rows can be sent")
      expect(stderr).toContain(
        "line 3, carrier_code \"upss\": is no carrier that the account has, and is probably refused: if it is ups or usps, say "
          + "--carrier-code \"upss\"=ups\n    and 701 more like it: lines 4, 7, 8"
      )
      expect(stderr).toContain(
        "line 5, carrier_code \"dhl\": is no carrier that the account has, and is probably refused: "
          + "if it is dhl_express, say --carrier-code \"dhl\"=dhl_express"
      )
      expect(stderr).toContain(
        "line 6, carrier_code \"hermes\": is no carrier that the account has, and is probably "
          + "refused: it has dhl_express, ups, usps. Set it up in ShipStation, or correct it"
      )
      expect(yield* asked).toBe(1)
      const right = yield* run(["plan", file, "--notify", "none", "--carrier-code", "upss=ups", "--limit", "3"])
      expect(right.stderr).not.toContain("carrier")
      const one = yield* run(["plan", file, "--notify", "none", "--limit", "1", "--carrier", "hermes"])
      expect(one.stderr).toBe("")
    }).pipe(Effect.provide(layer(account))))

  it.scopedLive("that is looked up by its name takes the hyphens out of a number as its code does", () =>
    Effect.gen(function*() {
      const { file, run } = yield* given(header, "1,se-1,9400-1112-1961-5502-9126-83,US Postal Service,")
      const { code, stderr } = yield* run(["plan", file, "--notify", "none"])
      expect(code).toBe(ExitCode.ok)
      expect(stderr).toContain("is read as 9400111219615502912683, without hyphens")
    }).pipe(Effect.provide(layer({ carriers: { usps: "US Postal Service" } }))))

  it.scopedLive("is warned of by import, before it asks, and may be sent all the same: ShipStation decides", () =>
    Effect.gen(function*() {
      const { file, importIt, run, sums } = yield* given(header, ...lines.slice(0, 2))
      const question = yield* run(["import", file, "--notify", "none"])
      expect(question.stderr).toMatch(/carrier_code "upss": is no carrier that the account has[^]*Mark 2 shipments/)
      expect(yield* created).toBe(0)
      expect((yield* importIt()).code).toBe(ExitCode.rejected)
      expect(yield* sums).toStrictEqual([1, 1, 0, 0])
    }).pipe(Effect.provide(layer(account))))

  it.scopedLive("isn't known of without a key, and nobody is asked", () =>
    Effect.gen(function*() {
      const { file, run } = yield* given(header, ...lines)
      const { code, stderr } = yield* run(["plan", file, "--notify", "none"], { SHIPSTATION_API_KEY: "" })
      expect(code).toBe(ExitCode.ok)
      expect(stderr).not.toContain("carrier")
      expect(yield* asked).toBe(0)
    }).pipe(Effect.provide(layer(account))))

  it.scopedLive.each<readonly [string, Parameters<typeof client>[0]]>([
    ["can't be reached", (request) => noAnswer(request, "connect")],
    ["refuses the key", (request) => json(request, denied, 401)]
  ])(
    "isn't known of where ShipStation %s, which is told, and the plan goes on",
    ([, answer]) =>
      Effect.gen(function*() {
        const { file, run } = yield* given(header, ...lines)
        let requests = 0
        const counted = client((request) => {
          requests++
          return answer(request)
        })
        const { code, stderr } = yield* Effect.provide(run(["plan", file, "--notify", "none"]), counted)
        expect(code).toBe(ExitCode.ok)
        expect(stderr).toContain("The carriers weren't compared with those of the account: ")
        expect(requests).toBe(1)
      }).pipe(Effect.provide(layer(account)))
  )

  it.scopedLive("isn't asked for of a file that can't be sent yet", () =>
    Effect.gen(function*() {
      const { file, run } = yield* given(header, ...lines, "9,se-9,,ups,")
      expect((yield* run(["plan", file, "--notify", "none"])).code).toBe(ExitCode.usage)
      expect(yield* asked).toBe(0)
      const { stderr } = yield* run(["plan", file, "--notify", "none", "--skip-bad-rows"])
      expect(stderr).toContain("carrier_code \"upss\": is no carrier that the account has")
    }).pipe(Effect.provide(layer(account))))
})

describe("a carrier of one word that isn't written as codes are", () => {
  const words = [
    "1,se-1,9400111899220000000017,USPS,",
    "2,se-2,JD014600003812345678,DHL,",
    "3,se-3,RM123456785GB,RoyalMail,",
    "4,se-4,1ZLC75BU0182558400,UPS,"
  ]
  const posts = {
    carriers: { stamps_com: "Stamps.com", dhl_express: "DHL Express", royal_mail: "Royal Mail", ups: "UPS" }
  }

  it.scopedLive("is the account's, where it is called so, and that is told", () =>
    Effect.gen(function*() {
      const { file, importIt, run } = yield* given(header, ...words)
      const { code, stderr, stdout } = yield* run(["plan", file, "--notify", "none"])
      expect(code).toBe(ExitCode.ok)
      expect(stdout).toContain("stamps_com 1 (USPS), dhl_express 1 (DHL), royal_mail 1 (RoyalMail), ups 1 (UPS)")
      expect(stderr).toContain("carrier_code \"USPS\": is read as stamps_com: the account has no usps")
      expect(stderr).not.toContain("\"UPS\"")
      expect(yield* asked).toBe(1)
      expect((yield* importIt()).code).toBe(ExitCode.ok)
      const { fulfillments } = yield* Emulator.Emulator
      expect((yield* fulfillments).map(({ carrier_code }) => carrier_code)).toStrictEqual([
        "stamps_com",
        "dhl_express",
        "royal_mail",
        "ups"
      ])
    }).pipe(Effect.provide(layer(posts))))

  it.scopedLive("is asked for, where several are called so, and is a problem where none is", () =>
    Effect.gen(function*() {
      const { file, run } = yield* given(header, words[1] ?? "", "9,se-9,A9,HERMES,")
      const { code, stderr } = yield* run(["plan", file, "--notify", "none"])
      expect(code).toBe(ExitCode.usage)
      expect(stderr).toContain("carrier_code \"DHL\": may be dhl_express or dhl_ecommerce: say which: --carrier-code")
      expect(stderr).toContain("carrier_code \"HERMES\": is evri or hermes, which this account doesn't have")
      const said = ["--carrier-code", "DHL=dhl_express", "--carrier-code", "HERMES=hermes"]
      expect((yield* run(["plan", file, "--notify", "none", ...said])).code).toBe(ExitCode.ok)
    }).pipe(Effect.provide(layer({ carriers: { dhl_express: "DHL Express", dhl_ecommerce: "DHL eCommerce" } }))))

  it.scopedLive("is the code in capitals without a key, and where ShipStation can't be asked", () =>
    Effect.gen(function*() {
      const { file, importIt, run } = yield* given(header, ...words)
      const without = yield* run(["plan", file, "--notify", "none"], { SHIPSTATION_API_KEY: "" })
      expect(without).toMatchObject({
        code: ExitCode.ok,
        stdout: expect.stringContaining("usps 1 (USPS), dhl 1 (DHL)")
      })
      const offline = client((request) => noAnswer(request, "connect"))
      const plan = yield* Effect.provide(run(["plan", file, "--notify", "none"]), offline)
      expect(plan).toMatchObject({ code: ExitCode.ok, stdout: expect.stringContaining("usps 1 (USPS), dhl 1 (DHL)") })
      expect(plan.stderr.match(/weren't compared/g)).toHaveLength(1)
      // what is sent is never taken for something that it may not be
      const http = yield* HttpClient.HttpClient
      const withoutList = client((request) =>
        request.url.includes("/carriers") ? json(request, denied, 401) : http.execute(request)
      )
      expect((yield* Effect.provide(importIt(), withoutList)).code).toBe(ExitCode.refused)
      expect(yield* created).toBe(0)
    }).pipe(Effect.provide(layer(posts))))
})
