/** A plugin of Stryker: tells of a mutant that no test noticed as soon as that is known, as all of them take hours. */
import type { MutantResult } from "@stryker-mutator/api/core"
import { declareClassPlugin, PluginKind } from "@stryker-mutator/api/plugin"
import type { Reporter } from "@stryker-mutator/api/report"
import { relative } from "node:path"

class Survivors implements Reporter {
  onMutantTested({ fileName, location: { start }, mutatorName, replacement = "", status }: Readonly<MutantResult>) {
    if (status !== "Survived" && status !== "NoCoverage") return
    const place = `${relative(process.cwd(), fileName)}:${start.line}:${start.column}`
    const text = replacement.replaceAll(/\s+/g, " ").slice(0, 200)
    console.log(`${place} ${status === "Survived" ? "survived" : "is run by no test"}: ${mutatorName} ${text}`)
  }
}

export const strykerPlugins = [declareClassPlugin(PluginKind.Reporter, "survivors", Survivors)]
