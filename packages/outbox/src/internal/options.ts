/** What options must be. Each of these throws at one that can't be, and says which it is. */
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import type * as Predicate from "effect/Predicate"

/** What can't be is a defect, as it is a mistake in the program. */
export const refuse = (name: string, be: string, given: unknown): never => {
  throw new Cause.RuntimeException(`The outbox: ${name} must be ${be}, not ${String(given)}`)
}

const isAboveZero = (duration: Duration.Duration): boolean => Duration.isFinite(duration) && !Duration.isZero(duration)

/** A duration, in any of its forms. What is below zero, and what is no number, `Duration.decode` takes for zero. */
export const duration = (
  name: string,
  given: unknown,
  be = "a duration above zero",
  fits: Predicate.Predicate<Duration.Duration> = isAboveZero
): Duration.Duration =>
  Option.getOrElse(
    Option.filter(Duration.decodeUnknown(given), (duration) => fits(duration) && !/(?:^|,)-|NaN/.test(String(given))),
    () => refuse(name, be, given)
  )

/** How many of something. */
export const count = (name: string, given: number): number =>
  Number.isSafeInteger(given) && given >= 1 ? given : refuse(name, "1 or more, and whole", given)

/** Whether something is. */
export const flag = (name: string, given: boolean): boolean =>
  typeof given === "boolean" ? given : refuse(name, "true or false", given)
