import { concat } from "./bytes.js"

/**
 * What is signed: the timestamp as it stands in its header, a dot, and the body byte by byte.
 *
 * Source: "Webhook validation", ShipStation V2 API.
 */
export const signedBytes = (timestamp: string, body: Uint8Array): Uint8Array<ArrayBuffer> =>
  concat([new TextEncoder().encode(`${timestamp}.`), body])
