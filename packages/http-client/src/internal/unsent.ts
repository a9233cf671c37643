/**
 * Did a transport failure happen before the first byte of the request was written? Only what is certain counts: a request
 * that may have left must not be taken for one that didn't.
 */
import * as Predicate from "effect/Predicate"

export const isUnsent = (cause: unknown): boolean => {
  if (!Predicate.isRecord(cause) && !(cause instanceof Error)) return false
  if (Predicate.hasProperty(cause, "errors") && Array.isArray(cause.errors) && cause.errors.length > 0) {
    // one error for each address that was tried: nothing was sent only if none of them connected
    return cause.errors.every(isUnsent)
  }
  return failedToConnect(cause) || (Predicate.hasProperty(cause, "cause") && isUnsent(cause.cause))
}

const failedToConnect = (cause: object): boolean =>
  // a system call that comes before any data
  (Predicate.hasProperty(cause, "syscall") && (cause.syscall === "connect" || cause.syscall === "getaddrinfo")) ||
  (Predicate.hasProperty(cause, "code") && typeof cause.code === "string" && beforeData.test(cause.code)) ||
  (Predicate.hasProperty(cause, "message") && typeof cause.message === "string" && inWords.test(cause.message))

/** Codes of failures before the request is written: undici's connecting, certificates, and a handshake that fails. */
const beforeData = new RegExp(
  "^(?:UND_ERR_CONNECT_TIMEOUT|ERR_TLS_.+|CERT_.+|UNABLE_TO_.+|(?:DEPTH_ZERO_)?SELF_SIGNED_CERT.*" +
    "|ERR_SSL_(?:WRONG_VERSION_NUMBER|UNSUPPORTED_PROTOCOL|.*ALERT_HANDSHAKE_FAILURE|.*ALERT_PROTOCOL_VERSION))$"
)

/**
 * The same, told in words only. A server without TLS has a `wrong version number`, and fetch has a list of ports that it
 * never connects to.
 */
const inWords = new RegExp(
  "^(?:Client network socket disconnected before secure TLS connection was established|bad port)$" +
    "|:(?:wrong version number|unsupported protocol|[^:]*alert handshake failure|[^:]*alert protocol version):"
)
