import { ExitCode, Fulfill } from "@effect-shipstation/cli"
import type { HelpDoc, Span } from "@effect/cli"
import { expect, it } from "@effect/vitest"
import { fileURLToPath } from "node:url"
import * as CommandHelp from "../src/commands/CommandHelp.js"

const textOf = (span: Span.Span): string => {
  switch (span._tag) {
    case "Sequence":
      return textOf(span.left) + textOf(span.right)
    case "Text":
    case "URI":
      return span.value
    case "Highlight":
    case "Strong":
    case "Weak":
      return typeof span.value === "string" ? span.value : textOf(span.value)
  }
}

/** What @effect/cli says of itself: it is in the option's name. */
const noise =
  /^(A user-defined piece of text.*|An integer\.|One of the following: .*|A true or false value\.|This (setting|option|argument) .*)$/

const paragraphs = (doc: HelpDoc.HelpDoc): ReadonlyArray<string> => {
  switch (doc._tag) {
    case "Sequence":
      return [...paragraphs(doc.left), ...paragraphs(doc.right)]
    case "Paragraph":
      return [textOf(doc.value)].filter((text) => !noise.test(text))
    case "DescriptionList":
      return [
        doc.definitions.map(([name, text]) => `- \`${textOf(name)}\` ${paragraphs(text).join(" ")}`.trimEnd()).join(
          "\n"
        )
      ]
    case "Enumeration":
      return [doc.elements.map((element) => `- ${paragraphs(element).join(" ")}`).join("\n")]
    // the page has headings of its own
    case "Header":
    case "Empty":
      return []
  }
}

const chapter = (help: CommandHelp.CommandHelp): ReadonlyArray<string> => [
  `## fulfill ${help.name}`,
  // a list of its own for each option is one list
  paragraphs(help.body).join("\n\n").replaceAll("\n\n- ", "\n- ").replace("\n- ", "\n\n- "),
  "```sh\n" + help.examples.join("\n") + "\n```",
  ...(help.environment.length === 0
    ? []
    : [`It reads ${help.environment.map((text) => `\`${text.split(":")[0]}\``).join(", ")}.`])
]

const page = [
  "# Commands and options",
  "The same as `fulfill --help` and `fulfill <command> --help` say, and made from it. How to go about it: [fulfill](fulfill.md).",
  Fulfill.commands.map(({ name, summary }) => `- [\`${name}\`](#fulfill-${name}) ${summary}`).join("\n"),
  ...Fulfill.commands.flatMap(chapter),
  "## Environment",
  CommandHelp.sending.map((text) => `- ${text}`).join("\n"),
  "## Exit codes",
  "The first that applies:",
  ExitCode.meanings.map((text) => `- ${text}`).join("\n")
].join("\n\n") + "\n"

// `pnpm docs:sync` writes it
it("the reference is what --help says", async () => {
  await expect(page).toMatchFileSnapshot(fileURLToPath(new URL("../../../docs/fulfill-reference.md", import.meta.url)))
})
