import type { Commits, FaultAction } from "../Fault.js"

/** Whether an item of a create may be committed, of so many. */
export type Allows = (item: { readonly index: number; readonly shipmentId: string }, count: number) => boolean

/** What all faults together allow. */
export const allowsOf = (faults: ReadonlyArray<FaultAction>): Allows => {
  const all = faults.map(commitsOf)
  return (item, count) => all.every((commits) => allows(commits, item, count))
}

const commitsOf = (fault: FaultAction): Commits => {
  switch (fault._tag) {
    case "RefuseConnection":
      return 0
    case "ErrorBody":
      return fault.commits ?? 0
    case "RawBody":
    case "PartialSuccess":
    case "Reset":
    case "Stall":
    case "CutBody":
    case "LandLate":
      return fault.commits ?? "all"
    default:
      return "all"
  }
}

const allows = (commits: Commits, { index, shipmentId }: Parameters<Allows>[0], count: number): boolean => {
  if (commits === "all") return true
  if (typeof commits === "number") return index < commits
  return "share" in commits ? index < Math.floor(commits.share * count) : commits.includes(shipmentId)
}
