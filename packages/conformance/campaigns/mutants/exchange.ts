/** What the campaign and its runs, in processes of their own, tell each other. */
import { Schema } from "effect"

/** How it is told what to do. */
export const Task = Schema.Struct({
  mutants: Schema.Array(Schema.String),
  /** Tests that have tried them all. */
  done: Schema.Array(Schema.String),
  /** Tests that take more processor time without a mutant are left out. */
  longMillis: Schema.Number,
  /** Where the result is written. */
  results: Schema.String
})

/** A run of a package's tests. */
export const Job = Schema.Struct({
  ofPackage: Schema.String,
  /** The sources that have mutants. */
  files: Schema.Array(Schema.String),
  what: Schema.Union(
    /** Each test with one mutant after the other. */
    Schema.TaggedStruct("Each", { task: Task }),
    /** All tests with this one, until one notices it: these files first. */
    Schema.TaggedStruct("Alone", { mutant: Schema.String, first: Schema.Array(Schema.String) })
  )
})

/** What is known at the end, and until then. */
export const Results = Schema.Struct({
  /** By mutant, the test that noticed it. */
  noticed: Schema.Record({ key: Schema.String, value: Schema.String }),
  /** Those that a test came upon, whether it noticed them or not. */
  tried: Schema.Array(Schema.String),
  /** Those that are decided when their file is loaded. */
  whenLoaded: Schema.Array(Schema.String),
  /** The one that is being tried. */
  trying: Schema.optional(Schema.String),
  /** Tests that have tried all that they came upon. */
  done: Schema.Array(Schema.String),
  /** What took too long, or can't be run twice. */
  leftOut: Schema.Array(Schema.String)
})

/** How a run ends that came to its end, where tests failed. */
export const failedTests = 3
