/**
 * Where a request goes, below the base URL. Pure.
 */
import * as Either from "effect/Either"
import * as Option from "effect/Option"

/**
 * A path that leads nowhere else. Left: what is wrong with it.
 *
 * A path can take the key elsewhere as well as a base URL can: `//host`, `..`, a backslash, and these in escapes.
 */
export const checkPath = (path: string): Either.Either<string, string> => {
  if (!path.startsWith("/v2/")) return Either.left("the path must begin with /v2/")
  const parts = path.slice(1).split("/")
  if (!parts.every((part) => /^(?:[\w.~!$&'()*+,;=:@-]|%[0-9a-f]{2})+$/i.test(part))) {
    return Either.left(
      "the path has an empty part or a character that must be escaped: use ShipStationClient.path, and query for a query"
    )
  }
  return parts.every(staysBelow)
    ? Either.right(path)
    : Either.left("the path must not have `.` or `..` as a part, in any spelling")
}

/** Whether a request would fulfill shipments, in any spelling that a server may read so. */
export const isCreateFulfillments = (method: string, path: string): boolean =>
  method === "POST" && plain(path).toLowerCase() === "v2/fulfillments"

/** Escapes what is put into a path. */
export const encodePart = (part: string | number): string =>
  // half of a surrogate pair can't be escaped
  encodeURIComponent(String(part).replace(/\p{Surrogate}/gu, "\uFFFD"))

const staysBelow = (part: string): boolean =>
  Option.exists(decode(part), (text) => text.split(/[/\\]/).every((name) => name !== "." && name !== ".."))

/** The names in a path: decoded as often as a server may do it, without a query, parameters and what is empty. */
const plain = (path: string): string => {
  const [text = ""] = decodeAll(path).split(/[?#]/)
  const names: Array<string> = []
  for (const part of text.split(/[/\\]/)) {
    const [name = ""] = part.trimStart().split(/[;\s\p{Cc}]/u)
    if (name === "..") names.pop()
    else if (name !== "" && name !== ".") names.push(name)
  }
  return names.join("/")
}

/** Undoes escapes of ASCII, and those that come of it. */
const decodeAll = (path: string): string => {
  let text = path
  let before: string
  do {
    before = text
    text = text.replace(/%([0-7][\da-f])/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)))
  } while (text !== before)
  return text
}

const decode: (text: string) => Option.Option<string> = Option.liftThrowable(decodeURIComponent)
