import * as Either from "effect/Either"

/** The base URL, if the key may go there. Left: why not. */
export const checkBaseUrl = (
  baseUrl: string,
  allowInsecureHosts: ReadonlyArray<string>
): Either.Either<URL, string> => {
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined
  if (url === undefined) return Either.left("the base URL is not a URL")
  if (url.username !== "" || url.password !== "") return Either.left("the base URL must not hold a user or password")
  if (url.protocol === "https:") return Either.right(url)
  if (url.protocol !== "http:") return Either.left("the base URL must begin with https://")
  return isLoopback(url.hostname) || allowInsecureHosts.includes(url.hostname) || allowInsecureHosts.includes(url.host)
    ? Either.right(url)
    : Either.left(
      `the API key goes over plain HTTP only to this machine and to hosts in allowInsecureHosts, not to ${url.host}`
    )
}

const isLoopback = (hostname: string): boolean =>
  hostname === "localhost" || hostname === "[::1]" || /^127(?:\.\d{1,3}){3}$/.test(hostname)
