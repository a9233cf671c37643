import * as Either from "effect/Either"

/**
 * Reads the base URL, if the key may go there. Left: which option is wrong, and what to do.
 *
 * @since 0.1.0
 * @category decoding
 */
export const checkBaseUrl = (
  baseUrl: string,
  allowInsecureHosts: ReadonlyArray<string>
): Either.Either<URL, string> => {
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined
  // what was given isn't quoted: it may hold a password
  if (url === undefined) return Either.left("baseUrl is not a URL; give one like https://api.shipstation.com")
  if (url.username !== "" || url.password !== "") {
    return Either.left("baseUrl must not hold a user or a password; the API key goes in apiKey")
  }
  if (url.search !== "" || url.hash !== "") return Either.left("baseUrl must not hold a query or a fragment")
  if (/\/v2\/*$/.test(url.pathname)) return Either.left("baseUrl stands without /v2, which is added to it")
  if (isSafe(url, allowInsecureHosts)) return Either.right(url)
  return Either.left(
    url.protocol === "http:"
      ? `baseUrl is plain HTTP, over which the API key goes to this machine only; use https://, or list ${url.host} in allowInsecureHosts`
      : "baseUrl must begin with https://"
  )
}

/**
 * Can nobody on the way read or change what goes there? HTTPS, or plain HTTP to this machine or to a listed host.
 *
 * @since 0.1.0
 * @category predicates
 */
export const isSafe = (url: URL, allowInsecureHosts: ReadonlyArray<string>): boolean =>
  url.protocol === "https:" ||
  (url.protocol === "http:" &&
    (isLoopback(url.hostname) || allowInsecureHosts.some((host) => isHost(url, host.toLowerCase()))))

const isLoopback = (hostname: string): boolean =>
  hostname === "localhost" || hostname === "[::1]" || /^127(?:\.\d{1,3}){3}$/.test(hostname)

/** With or without its port, and by its whole name: a part of a name may belong to anybody. */
const isHost = ({ hostname, port }: URL, allowed: string): boolean =>
  allowed === hostname || allowed === `${hostname}:${port === "" ? "80" : port}`

/** A host's name or address, maybe with a port: no scheme, no path, no pattern. */
export const isHostName = (host: string): boolean => /^(?:\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?$/i.test(host)
