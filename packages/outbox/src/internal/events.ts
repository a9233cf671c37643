/** What a worker does, as it happens. */
import type * as Duration from "effect/Duration"
import type { OrderSource, RowError } from "../OutboxRow.js"
import type { Ended, Looked } from "./told.js"

/**
 * What a worker does.
 *
 * @since 0.1.0
 * @category models
 */
export type WorkerEvent =
  /** It took rows: to send them, to look unknown ones up, or to see whether the order sources of fulfilled ones were told. */
  | {
    readonly _tag: "Claimed"
    readonly account: string
    readonly ids: ReadonlyArray<number>
    readonly to: "send" | "look" | "verify"
  }
  /** It has written down that these rows are about to be sent. */
  | { readonly _tag: "Sending"; readonly account: string; readonly ids: ReadonlyArray<number> }
  /** What became of a row is written down. */
  | { readonly _tag: "Ended"; readonly account: string; readonly id: number; readonly ended: Ended }
  /** What a look told of an unknown row is written down. */
  | { readonly _tag: "Looked"; readonly account: string; readonly id: number; readonly looked: Looked }
  /** What a look told of the order source of a fulfilled row is written down. */
  | { readonly _tag: "Verified"; readonly account: string; readonly id: number; readonly orderSource: OrderSource }
  /** What became of rows was known too late: it is kept as evidence. */
  | { readonly _tag: "ToldLate"; readonly account: string; readonly ids: ReadonlyArray<number> }
  /** The key, the account or the configuration is refused: nothing is sent until somebody sees to it. */
  | { readonly _tag: "Paused"; readonly account: string; readonly error: RowError }
  /** Nothing of the account is sent for so long. `asked`: for how long ShipStation asked, if for longer than that. */
  | {
    readonly _tag: "HeldBack"
    readonly account: string
    readonly duration: Duration.Duration
    readonly asked?: Duration.Duration | undefined
    readonly error: RowError
  }
  /** Workers weren't heard of in time: so many rows of theirs are unknown now. */
  | { readonly _tag: "Expired"; readonly count: number }
