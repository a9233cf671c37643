import * as Option from "effect/Option"

/** Reads JSON. None, if it is none. */
export const fromJson: (text: string) => Option.Option<unknown> = Option.liftThrowable((text) => JSON.parse(text))
