/** What the campaign and the tests' runner, in a process of its own, tell each other. */
import { Schema } from "effect"

/** How it is told what to do. */
export const Task = Schema.Struct({
  mutants: Schema.Array(Schema.String),
  /** Tests that take more processor time without a mutant are left out. */
  longMillis: Schema.Number,
  /** Where the result is written. */
  results: Schema.String
})

/** What is known at the end. */
export const Results = Schema.Struct({
  /** By mutant, the test that noticed it. */
  noticed: Schema.Record({ key: Schema.String, value: Schema.String }),
  /** Those that a test came upon, whether it noticed them or not. */
  tried: Schema.Array(Schema.String),
  /** Those that are decided when their file is loaded. */
  whenLoaded: Schema.Array(Schema.String),
  tests: Schema.Int,
  /** What took too long, or can't be run twice. */
  leftOut: Schema.Array(Schema.String)
})
