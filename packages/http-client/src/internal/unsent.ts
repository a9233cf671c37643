/**
 * Did a transport failure happen before the first byte of the request was written? Only what can't happen any later counts:
 * a request that may have left must not be taken for one that didn't.
 */
import * as Predicate from "effect/Predicate"

/** Is it certain that nothing of the request was written? */
export const isUnsent = (cause: unknown): boolean => isUnsentWithin(cause, deepest)

/** How many causes of causes are looked at: some errors are their own. */
const deepest = 10

const isUnsentWithin = (cause: unknown, depth: number): boolean => {
  if (depth === 0) return false
  if (!Predicate.isRecord(cause)) return false
  const { errors } = cause
  // one error for each address that was tried: nothing was sent only if none of them connected
  if (Array.isArray(errors) && errors.length > 0) return errors.every((one) => isUnsentWithin(one, depth - 1))
  const [code, syscall, message] = [textOf(cause["code"]), textOf(cause["syscall"]), textOf(cause["message"])]
  if (syscallsBeforeData.has(syscall) || codesBeforeData.has(code) || messagesBeforeData.has(message)) return true
  // what tells by itself what happened isn't explained by what it was caused by
  return code === "" && syscall === "" && isUnsentWithin(cause["cause"], depth - 1)
}

const textOf = (value: unknown): string => typeof value === "string" ? value : ""

/** System calls that come before any data: looking up the name, and connecting. */
const syscallsBeforeData = new Set(["connect", "getaddrinfo"])

/**
 * Not among them: `ERR_SSL_…`, such as `ERR_SSL_WRONG_VERSION_NUMBER` and alerts. OpenSSL says the same of a handshake that
 * fails (a server without TLS, say) and of what somebody writes into the connection after the request was read.
 */
const codesBeforeData = new Set([
  // undici's own, while it connects
  "UND_ERR_CONNECT_TIMEOUT",
  // what the TLS context is made from, which comes before the connection
  "ERR_TLS_INVALID_PROTOCOL_VERSION",
  "ERR_TLS_PROTOCOL_VERSION_CONFLICT",
  // Node checks the certificate when the handshake is done, and ends a connection that it refuses before anything was
  // written. (It would check once more if the server, whose certificate was trusted, went back to the handshake with another
  // one. TLS 1.3 can't do that.)
  "ERR_TLS_CERT_ALTNAME_FORMAT",
  "ERR_TLS_CERT_ALTNAME_INVALID",
  "ERR_TLS_DH_PARAM_SIZE",
  // OpenSSL's names of what is wrong with a certificate, as Node's documentation of TLS lists them
  "CERT_CHAIN_TOO_LONG",
  "CERT_HAS_EXPIRED",
  "CERT_NOT_YET_VALID",
  "CERT_REJECTED",
  "CERT_REVOKED",
  "CERT_SIGNATURE_FAILURE",
  "CERT_UNTRUSTED",
  "CRL_HAS_EXPIRED",
  "CRL_NOT_YET_VALID",
  "CRL_SIGNATURE_FAILURE",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "ERROR_IN_CERT_NOT_AFTER_FIELD",
  "ERROR_IN_CERT_NOT_BEFORE_FIELD",
  "ERROR_IN_CRL_LAST_UPDATE_FIELD",
  "ERROR_IN_CRL_NEXT_UPDATE_FIELD",
  "HOSTNAME_MISMATCH",
  "INVALID_CA",
  "INVALID_PURPOSE",
  "PATH_LENGTH_EXCEEDED",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY",
  "UNABLE_TO_DECRYPT_CERT_SIGNATURE",
  "UNABLE_TO_DECRYPT_CRL_SIGNATURE",
  "UNABLE_TO_GET_CRL",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE"
])

/** The same, told in words only. */
const messagesBeforeData = new Set([
  // Node, and no longer once the handshake is done
  "Client network socket disconnected before secure TLS connection was established",
  // fetch has a list of ports that it never connects to
  "bad port"
])
