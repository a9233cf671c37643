/**
 * Trouble with certificates, which doesn't pass by itself, and what a person can do about it.
 */

/** Whether a failure is about a certificate, or about TLS altogether. */
export const isTls = (message: string): boolean =>
  /certificate|CERT_|_CERT|self.signed|ERR_TLS|ERR_SSL|SSL routines|wrong version number|altname|UNABLE_TO_(?:GET|VERIFY|DECODE|DECRYPT)|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_EXCEEDED|server does not support SSL/i
    .test(message)

/** What to do about it, after the message. Empty where it isn't about TLS. */
export const tlsHint = (message: string): string => {
  if (!isTls(message)) return ""
  if (/expired|NOT_YET_VALID/i.test(message)) {
    return ". Is the clock of this machine right? Else tell who runs the server"
  }
  if (/wrong version number|does not support SSL|SSL routines/i.test(message)) {
    return ". Does the address speak TLS? Check its beginning and its port"
  }
  return /altname|HOSTNAME_MISMATCH/i.test(message)
    ? ". The certificate is of another host: check the address"
    : ". If your network has a proxy that opens TLS, or the server a certificate of your own, set NODE_EXTRA_CA_CERTS to "
      + "the file of that authority, as PEM"
}
