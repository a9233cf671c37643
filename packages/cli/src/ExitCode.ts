/**
 * What the process ends with. The first that applies, in the order of `meanings`.
 *
 * @since 0.1.0
 */
import type * as Array from "effect/Array"

/**
 * All shipments are fulfilled.
 *
 * @since 0.1.0
 * @category constants
 */
export const ok = 0

/**
 * An error of the program.
 *
 * @since 0.1.0
 * @category constants
 */
export const internal = 1

/**
 * The command, its settings or the file can't be used.
 *
 * @since 0.1.0
 * @category constants
 */
export const usage = 2

/**
 * Some shipments were refused by what they hold.
 *
 * @since 0.1.0
 * @category constants
 */
export const rejected = 3

/**
 * The key or the account was refused.
 *
 * @since 0.1.0
 * @category constants
 */
export const refused = 4

/**
 * A trouble that may pass stopped the run.
 *
 * @since 0.1.0
 * @category constants
 */
export const temporary = 5

/**
 * It is not known of some shipments whether they are fulfilled.
 *
 * @since 0.1.0
 * @category constants
 */
export const unknown = 6

/**
 * The signals that stop a run in an orderly way.
 *
 * @since 0.1.0
 * @category models
 */
export type Signal = "SIGINT" | "SIGTERM"

/**
 * 128 and the signal's number, as a shell has it.
 *
 * @since 0.1.0
 * @category conversions
 */
export const ofSignal = (signal: Signal): number => signal === "SIGINT" ? 130 : 143

/**
 * For `--help`.
 *
 * @since 0.1.0
 * @category constants
 */
export const meanings: Array.NonEmptyReadonlyArray<string> = [
  `${internal}: internal error`,
  `${usage}: wrong usage or settings, or a bad file: nothing was sent`,
  "130, 143: stopped by Ctrl-C (130) or SIGTERM (143): run it again to go on",
  `${refused}: the key or the account was refused`,
  `${temporary}: trouble that may pass, or a paused account: run it again later`,
  `${unknown}: of some shipments it is not known whether they are fulfilled`,
  `${rejected}: some shipments were refused, or have another fulfillment`,
  `${ok}: all shipments are fulfilled`
]
