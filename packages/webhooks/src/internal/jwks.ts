/** Reads keys, and checks signatures with them. With Web Crypto, which all runtimes have. */
import { type Jwk, Jwks } from "@effect-shipstation/schema/Webhook"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Array from "effect/Array"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import { readAtMost } from "./bytes.js"

/**
 * A key that signs webhooks.
 *
 * @since 0.1.0
 * @category models
 */
export interface Key {
  /** Is this its signature of these bytes? RSASSA-PKCS1-v1_5 with SHA-256, and nothing else, whatever came. */
  readonly hasSigned: (signature: Uint8Array<ArrayBuffer>, bytes: Uint8Array<ArrayBuffer>) => Effect.Effect<boolean>
}

/** The keys by their ids. */
export type Keys = ReadonlyMap<string, Key>

/** How long an answer is waited for. */
const patience = Duration.seconds(10)

/** In bytes. A key takes some 500. */
const mostBytes = 1024 * 1024

/** In bits. Nobody signs with a shorter key today. */
const leastBits = 1024

const algorithm = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" }

/** Reads the keys. Fails with the reason why they can't be. */
export const fetchKeys = (client: HttpClient.HttpClient, url: string): Effect.Effect<Keys, string> =>
  HttpClient.withTracerPropagation(client, false).execute(HttpClientRequest.get(url, { acceptJson: true })).pipe(
    Effect.mapError(() => "they could not be reached"),
    Effect.filterOrFail(({ status }) => status === 200, ({ status }) => `they were answered with status ${status}`),
    Effect.filterOrFail((response) => !wasRedirected(response), () => "they were answered from elsewhere"),
    Effect.flatMap(({ stream }) => Effect.mapError(readAtMost(stream, mostBytes), () => "the answer was cut off")),
    Effect.flatMap(Option.match({
      onNone: () => Effect.fail(`the answer is larger than ${mostBytes} bytes`),
      onSome: Effect.succeed
    })),
    Effect.flatMap((body) =>
      Effect.mapError(decode(new TextDecoder().decode(body)), () => "the answer is no JSON Web Key Set")
    ),
    Effect.flatMap(({ keys }) => Effect.forEach(keys, importKey, { concurrency: "unbounded" })),
    Effect.map((keys) => new Map(Array.getSomes(keys))),
    // whoever shows none is ill: ShipStation signs with some
    Effect.filterOrFail((keys) => keys.size > 0, () => "the answer has no key that can be used"),
    Effect.timeoutFail({ duration: patience, onTimeout: () => `no answer came within ${Duration.format(patience)}` }),
    Effect.catchAllDefect(() => Effect.fail("the HttpClient died of it"))
  )

/** fetch follows redirects, to anyone who says that these are the keys. What it gave is inside a platform's response. */
const wasRedirected = (response: unknown): boolean =>
  Predicate.isRecord(response) &&
  (response["redirected"] === true || wasRedirected(response["original"] ?? response["source"]))

const decode = Schema.decode(Schema.parseJson(Jwks))

/** None, if it is of another kind, for something else, or none at all. */
const importKey = ({ alg, e, kid, kty, n, use }: Jwk): Effect.Effect<Option.Option<readonly [string, Key]>> => {
  if (kty !== "RSA" || !Predicate.isString(kid) || !Predicate.isString(n) || !Predicate.isString(e)) {
    return Effect.succeedNone
  }
  if ((use ?? "sig") !== "sig" || (alg ?? "RS256") !== "RS256") return Effect.succeedNone
  return Effect.tryPromise(() => subtle.importKey("jwk", { kty, n, e }, algorithm, false, ["verify"])).pipe(
    // some runtimes make a key of anything
    Effect.filterOrFail(({ algorithm }) =>
      "modulusLength" in algorithm && Number(algorithm.modulusLength) >= leastBits
    ),
    Effect.map((key): readonly [string, Key] => [kid, {
      hasSigned: (signature, bytes) => Effect.promise(() => subtle.verify(algorithm, key, signature, bytes))
    }]),
    Effect.option
  )
}

/** No random numbers, which is what `crypto` is kept out of the sources for. */
const { subtle } = globalThis.crypto
