import { OutboxStoreError } from "../../OutboxError.js"

/** Why a SQLite file can't be opened: its driver's constructor throws. */
export const cannotOpen = (why: unknown): OutboxStoreError => {
  const message = why instanceof Error ? why.message : String(why)
  return new OutboxStoreError({
    // followed by a dozen paths
    message: message.startsWith("Could not locate the bindings file")
      ? "better-sqlite3 isn't built for this machine: run `npm rebuild better-sqlite3`, which may need a compiler"
      : `The file can't be opened: ${message}`,
    uncertain: false
  })
}
