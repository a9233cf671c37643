/** Pictures for the documentation, made from tables: readable on a light page and on a dark one. */
import { type Attributes, instance } from "@viz-js/viz"

/** The look of a box: what is begun, what goes on, what ended well, what ended otherwise, and what isn't known. */
export type Tone = "plain" | "active" | "good" | "bad" | "open"

export interface Box {
  readonly name: string
  /** Below its name. */
  readonly lines?: ReadonlyArray<string>
  readonly tone: Tone
}

export interface Arrow {
  readonly from: string
  readonly to: string
  readonly lines?: ReadonlyArray<string>
}

export interface Picture {
  /** A sentence for who doesn't see it. */
  readonly title: string
  readonly boxes: ReadonlyArray<Box>
  readonly arrows: ReadonlyArray<Arrow>
  readonly direction: "down" | "right"
}

const style = `<style>
svg{background:#fff;font-family:Helvetica,Arial,sans-serif}
text{fill:#1f2328}.lines text,.edge text{fill:#59636e}
.node text:first-of-type{fill:#1f2328;font-weight:bold}
.node path{fill:#f6f8fa;stroke:#8b949e}.edge path{stroke:#8b949e}.edge polygon{fill:#8b949e;stroke:#8b949e}
.active path{fill:#ddf4ff;stroke:#0969da}.good path{fill:#dafbe1;stroke:#1a7f37}
.bad path{fill:#ffebe9;stroke:#cf222e}.open path{fill:#fff8c5;stroke:#9a6700}
@media(prefers-color-scheme:dark){svg{background:#0d1117}
text,.node text:first-of-type{fill:#e6edf3}.node text,.edge text{fill:#9da7b3}
.node path{fill:#161b22;stroke:#6e7681}.edge path{stroke:#6e7681}.edge polygon{fill:#6e7681;stroke:#6e7681}
.active path{fill:#0c2d6b;stroke:#58a6ff}.good path{fill:#04260f;stroke:#3fb950}
.bad path{fill:#490202;stroke:#f85149}.open path{fill:#341a00;stroke:#d29922}}
</style>`

const font: Attributes = { fontname: "Helvetica,Arial,sans-serif" }

/** Draws it as SVG, laid out by Graphviz. The same picture is the same text, on any machine. */
export const draw = async (picture: Picture): Promise<string> => {
  const viz = await instance()
  const drawn = viz.renderString({
    directed: true,
    graphAttributes: {
      ...font,
      rankdir: picture.direction === "down" ? "TB" : "LR",
      bgcolor: "transparent",
      pad: 0.2,
      nodesep: 0.6,
      ranksep: 0.5
    },
    nodeAttributes: { ...font, shape: "box", style: "rounded,filled", fontsize: 13, margin: "0.2,0.1" },
    edgeAttributes: { ...font, fontsize: 11, arrowsize: 0.7 },
    nodes: picture.boxes.map(({ lines = [], name, tone }) => ({
      name,
      attributes: { class: tone, label: [name, ...lines].join("\n") }
    })),
    edges: picture.arrows.map(({ from, lines = [], to }) => ({
      tail: from,
      head: to,
      attributes: { label: lines.map((line) => `  ${line}  `).join("\n") }
    }))
  }, { format: "svg" })
  const [, opening = "", content = ""] = /(<svg[^>]*>)([^]*)$/.exec(drawn) ?? []
  return `${opening.replace(/ width="[^"]*" height="[^"]*"/, " role=\"img\"")}<title>${picture.title}</title>${style}${
    content
      // Graphviz' own titles would be tool tips, and its comments are names
      .replaceAll(/<title>[^<]*<\/title>\n?|<!--[^]*?-->\n?/g, "")
      .replaceAll(/ (?:fill|stroke)="(?!none)[^"]*"/g, "")
  }`.trim() + "\n"
}
