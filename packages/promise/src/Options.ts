/**
 * The options of the client and of its calls.
 *
 * @since 0.1.0
 */
import type { Notify, ReadBack } from "@effect-shipstation/fulfillments/Fulfillments"
import type { Mode } from "@effect-shipstation/http-client/ShipStationConfig"
import type { Outcome } from "./Outcome.js"

/**
 * Options of `createClient`. A value that can't be is a `TypeError` there, which names the option and says what to give.
 *
 * @since 0.1.0
 * @category models
 */
export interface ClientOptions {
  /**
   * A key of API v2. A function is called at each request, so that the key may rotate; when it fails, nothing is sent, and that
   * is tried again. The message of what it throws gets into errors and logs, so the key must not be in it.
   */
  readonly apiKey: string | undefined | (() => string | Promise<string>)
  /**
   * Who is told, for inputs that leave it out. It has no default: nobody should be mailed by accident. `"account-default"`
   * leaves it to ShipStation, which may mail.
   */
  readonly notify: Notify
  /** A name for the account, for logs. Default `"default"`. */
  readonly account?: string | undefined
  /** Where the API is, without `/v2`. Default `https://api.shipstation.com`. */
  readonly baseUrl?: string | undefined
  /** How long one request may take, in milliseconds. Default 30,000. */
  readonly timeout?: number | undefined
  /** Hosts that the key may go to over plain HTTP, such as `emulator:3000`. This machine always may. Default none. */
  readonly allowInsecureHosts?: ReadonlyArray<string> | undefined
  /** `"silent"` notifies nobody, `"readOnly"` sends nothing but GETs. Default `"live"`. */
  readonly mode?: Mode | undefined
  /** Requests a minute. Default 200, and 20 with a sandbox key, which are ShipStation's. */
  readonly limit?: number | undefined
  /** The most inputs that one `create` takes. Default 500. */
  readonly maxBatchSize?: number | undefined
  /** What is looked up; see fulfillments. Default `"all"`. */
  readonly readBack?: ReadBack | undefined
  /** Sends requests, each once: clones of one that are sent again can't be stopped. Default: the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch | undefined
  /** Gets what is logged, from `"INFO"` on. Default: the console. */
  readonly onLog?: ((entry: LogEntry) => void) | undefined
}

/**
 * Options of `create`. A value that can't be is a `TypeError` there.
 *
 * @since 0.1.0
 * @category models
 */
export interface CreateOptions {
  /** Ends the call when it is aborted: it is rejected with an `AbortedError`, which tells whether anything had left. */
  readonly signal?: AbortSignal | undefined
  /** What is looked up. Default: what the client says. `"before"` is for what may run again in another process. */
  readonly readBack?: ReadBack | undefined
}

/**
 * Options of `createAll`. A value that can't be is a `TypeError` there.
 *
 * @since 0.1.0
 * @category models
 */
export interface AllOptions extends CreateOptions {
  /** The most inputs of one request. Default 100. */
  readonly batchSize?: number | undefined
  /** How many requests are under way at once. Default 4. */
  readonly concurrency?: number | undefined
  /** Gives each batch's outcomes as soon as they are there. Default false: they come in the order of the inputs. */
  readonly unordered?: boolean | undefined
  /** Gets the outcomes that a loop which ended early didn't take, and is waited for. Default: a warning is logged. */
  readonly onLeftover?: ((outcomes: ReadonlyArray<Outcome>) => void | Promise<void>) | undefined
}

/**
 * What is logged. The API key is never in it.
 *
 * @since 0.1.0
 * @category models
 */
export interface LogEntry {
  readonly level: "FATAL" | "ERROR" | "WARN" | "INFO"
  readonly message: string
  /** What went wrong, if something did. */
  readonly cause: string | undefined
  /** More about it, such as the account. */
  readonly annotations: Readonly<Record<string, unknown>>
}
