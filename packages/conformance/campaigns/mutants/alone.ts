/** Switches one mutant on before anything is loaded, for a run of its own. */
import { inject } from "vitest"

/** A loop that goes round so often is without end. */
const mostHits = 10_000_000

globalThis.__stryker__ = { activeMutant: inject("mutant"), hitCount: 0, hitLimit: mostHits }
