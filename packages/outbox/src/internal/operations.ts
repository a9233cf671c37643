/** All that is done with rows, over any place where they are kept. */
import type * as Duration from "effect/Duration"
import type * as OutboxRows from "../OutboxRows.js"
import * as Accounts from "./operations/accounts.js"
import * as Claiming from "./operations/claiming.js"
import * as Offering from "./operations/offering.js"
import * as Operators from "./operations/operators.js"
import * as Verifying from "./operations/verifying.js"
import type { Service } from "./service.js"

/** Builds the operations. */
export const make = (port: OutboxRows.Service, poll: Duration.Duration): Service => ({
  ...Offering.make(port),
  ...Claiming.make(port),
  ...Claiming.makeTold(port),
  ...Accounts.make(port),
  ...Operators.makeLists(port),
  ...Operators.make(port),
  ...Verifying.make(port),
  announcements: port.announcements,
  poll
})
