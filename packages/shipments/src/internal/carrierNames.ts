/** What a carrier's name means: by the names that the account has, and by names that are well known. Pure. */
import type { Carrier } from "@effect-shipstation/schema/Carrier"
import { Ambiguous, type CarrierMatch, Found, NotFound } from "../CarrierMatch.js"
import { fold, nearness } from "./fold.js"
import { wellKnown } from "./wellKnownCarriers.js"

/** A carrier's names, folded, by what kind they are. */
interface Names {
  readonly code: string
  /** Its code, friendly name and nickname. */
  readonly own: ReadonlyArray<string>
  readonly services: ReadonlyArray<string>
}

/** Tells which of these carriers a name means. */
export const meaningOf = (carriers: ReadonlyArray<Carrier>, name: string): CarrierMatch => {
  const all = allNames(carriers)
  const literal = all.find(({ code }) => code === name.trim())
  if (literal !== undefined) return new Found({ name, carrier_code: literal.code })
  const wanted = fold(name)
  const own = codesWith(all, "own", wanted)
  if (own.size > 0) return oneOf(name, own)
  const services = codesWith(all, "services", wanted)
  const known = byWellKnown(all, wanted)
  const meant = agreed(services, known.codes)
  if (meant.size > 0) return oneOf(name, meant)
  return new NotFound({ name, nearest: nearest(all, wanted), means: known.missing })
}

/** Folded once for a list, as a file has thousands of names. */
const folded = new WeakMap<ReadonlyArray<Carrier>, ReadonlyArray<Names>>()

const allNames = (carriers: ReadonlyArray<Carrier>): ReadonlyArray<Names> => {
  const known = folded.get(carriers)
  if (known !== undefined) return known
  const names = carriers.flatMap(namesOf)
  folded.set(carriers, names)
  return names
}

const namesOf = ({ carrier_code, friendly_name, nickname, services }: Carrier): ReadonlyArray<Names> =>
  typeof carrier_code !== "string" || carrier_code === "" ? [] : [{
    code: carrier_code,
    own: foldAll([carrier_code, friendly_name, nickname]),
    services: foldAll((services ?? []).flatMap(({ name, service_code }) => [name, service_code]))
  }]

const foldAll = (names: ReadonlyArray<string | null | undefined>): ReadonlyArray<string> =>
  names.map((name) => fold(name ?? "")).filter((name) => name !== "")

const codesWith = (all: ReadonlyArray<Names>, kind: "own" | "services", folded: string): ReadonlySet<string> =>
  new Set(all.filter((names) => names[kind].includes(folded)).map(({ code }) => code))

const oneOf = (name: string, codes: ReadonlySet<string>): CarrierMatch => {
  const [carrier_code = "", ...others] = codes
  return others.length === 0
    ? new Found({ name, carrier_code })
    : new Ambiguous({ name, carrier_codes: [...codes] })
}

/**
 * The carriers that offer a service of this name, and those that are known by it. Of several that offer it the one that is
 * named counts ("UPS Ground" of `ups` and of `ups_walleted`). Where both say something else, both are meant.
 */
const agreed = (services: ReadonlySet<string>, known: ReadonlySet<string>): ReadonlySet<string> => {
  const both = new Set([...services].filter((code) => known.has(code)))
  return both.size > 0 ? both : new Set([...services, ...known])
}

/** The codes of the account for a well-known carrier, alone or with one of its services, and those that it doesn't have. */
const byWellKnown = (all: ReadonlyArray<Names>, folded: string) => {
  const codes = new Set<string>()
  const missing = new Set<string>()
  for (const carrier of wellKnown) {
    for (const name of carrier.names.filter((name) => isOf(folded, name, carrier.services))) {
      const has = ofWellKnown(all, carrier, name)
      for (const code of has) codes.add(code)
      for (const code of has.length === 0 ? carrier.codes : []) missing.add(code)
    }
  }
  return { codes, missing: codes.size > 0 ? [] : [...missing] }
}

/** The codes of the account that a name of a well-known carrier means. */
const ofWellKnown = (
  all: ReadonlyArray<Names>,
  { codes, names }: typeof wellKnown[number],
  name: string
): ReadonlyArray<string> => {
  // who is called like that on the account comes first, then who has another of its names
  const named = codesWith(all, "own", name)
  if (named.size > 0) return [...named]
  const renamed = names.flatMap((other) => [...codesWith(all, "own", other)])
  return renamed.length > 0 ? renamed : codes.filter((code) => all.some((names) => names.code === code))
}

const isOf = (folded: string, name: string, services: ReadonlyArray<string>): boolean =>
  folded === name || (folded.startsWith(`${name} `) && services.includes(folded.slice(name.length + 1)))

const nearest = (all: ReadonlyArray<Names>, folded: string): ReadonlyArray<string> => {
  const scores = new Map<string, number>()
  for (const { code, own } of all) {
    const score = Math.max(...own.map((name) => nearness(name, folded)))
    scores.set(code, Math.max(score, scores.get(code) ?? 0))
  }
  return [...scores]
    .filter(([, score]) => score >= 0.5)
    .toSorted(([, one], [, other]) => other - one)
    .slice(0, 3)
    .map(([code]) => code)
}
