import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Data from "effect/Data"
import * as CommandHelp from "./CommandHelp.js"

/**
 * Completions are of the whole command, which only its runner knows.
 *
 * @public to the compiler, which names it in the types of others
 */
export class CompletionsWanted extends Data.TaggedError("CompletionsWanted")<{
  readonly shell: string
}> {}

const command = Command.make(
  "completions",
  { shell: Args.choice([["bash", "bash"], ["zsh", "zsh"], ["fish", "fish"]], { name: "shell" }) },
  ({ shell }) => new CompletionsWanted({ shell })
).pipe(Command.withDescription("Prints a script with which your shell completes commands and options."))

/** `fulfill completions`. */
export const help = CommandHelp.make(command, {
  summary: "prints completions for bash, zsh or fish",
  examples: [
    "source <(fulfill completions bash)   # in ~/.bashrc",
    "source <(fulfill completions zsh)   # in ~/.zshrc, after compinit",
    "fulfill completions fish > ~/.config/fish/completions/fulfill.fish"
  ],
  environment: []
})
