/** What the sources of a package may import: packages of this repository, and packages of others. */
const needs = {
  schema: { ours: [], others: ["effect"] },
  "http-client": { ours: ["schema"], ofTests: ["test-kit"], others: ["effect", "@effect/platform"] },
  fulfillments: {
    ours: ["schema", "http-client"],
    ofTests: ["test-kit"],
    others: ["effect", "@effect/platform"]
  },
  shipments: {
    ours: ["schema", "http-client"],
    ofTests: ["emulator"],
    others: ["effect", "@effect/platform"]
  },
  webhooks: {
    ours: ["schema", "http-client"],
    ofTests: ["emulator"],
    others: ["effect", "@effect/platform"]
  },
  promise: {
    ours: ["schema", "http-client", "fulfillments"],
    ofTests: ["emulator"],
    others: ["effect", "@effect/platform"]
  },
  outbox: {
    ours: ["schema", "http-client", "fulfillments"],
    ofTests: ["emulator", "test-kit"],
    others: [
      "effect",
      "@effect/sql",
      "@effect/sql-pg",
      "@effect/sql-sqlite-node",
      "@effect/vitest",
      "pg",
      "@types/pg"
    ]
  },
  dashboard: {
    ours: ["http-client", "outbox", "page"],
    ofTests: ["test-kit"],
    others: ["effect", "@effect/platform", "uplot"],
    node: true
  },
  cluster: {
    ours: ["schema", "http-client", "fulfillments", "outbox"],
    ofTests: ["emulator"],
    others: ["effect", "@effect/cluster", "@effect/rpc", "@effect/workflow"]
  },
  page: { ours: [], others: ["effect", "@effect/platform", "lit-html"], node: true },
  emulator: {
    ours: ["schema", "page"],
    ofTests: ["test-kit"],
    others: ["effect", "@effect/platform", "@effect/platform-node"],
    node: true
  },
  "test-kit": { ours: [], others: ["effect", "@effect/platform", "@viz-js/viz", "playwright-core"], node: true },
  cli: {
    ours: ["schema", "http-client", "fulfillments", "shipments", "outbox", "dashboard", "emulator"],
    others: [
      "effect",
      "@effect/cli",
      "@effect/platform",
      "@effect/platform-node",
      "@effect/printer",
      "@effect/printer-ansi",
      "@effect/sql",
      "@effect/sql-pg",
      "@effect/sql-sqlite-node",
      "@streamparser/json",
      "better-sqlite3",
      "csv-parse",
      "csv-stringify",
      "fflate",
      "ora",
      "read-excel-file",
      "saxes",
      "yauzl"
    ],
    node: true
  }
}

const arrows = ([name, { node = false, ofTests = [], others, ours }]) => [
  {
    name: `${name}-needs-of-ours`,
    severity: "error",
    from: { path: `^packages/${name}/` },
    to: { path: "^packages/", pathNot: `^packages/(${[name, ...ours, ...ofTests].join("|")})/` }
  },
  ...ofTests.map((other) => ({
    name: `${name}-needs-${other}-in-tests`,
    severity: "error",
    from: { path: `^packages/${name}/src/` },
    to: { path: `^packages/${other}/` }
  })),
  {
    name: `${name}-needs-of-others`,
    severity: "error",
    from: { path: `^packages/${name}/src/` },
    to: {
      pathNot: ["^packages/", ...others.map((other) => `(^|/)node_modules/${other}/`)],
      ...(node ? { dependencyTypesNot: ["core"] } : {})
    }
  }
]

/** The stages of the command `fulfill`, and which of the others each may import. */
const stages = {
  terminal: [],
  resolve: ["terminal"],
  file: ["resolve", "terminal"],
  outbox: ["resolve", "terminal"],
  import: ["file", "outbox", "resolve", "terminal"],
  commands: ["import", "file", "outbox", "resolve", "terminal"]
}

const stageArrows = ([stage, others]) => ({
  name: `cli-${stage}-needs`,
  severity: "error",
  from: { path: `^packages/cli/src/${stage}/` },
  to: { path: "^packages/cli/src/[^/]+/", pathNot: `^packages/cli/src/(${[stage, ...others].join("|")})/` }
})

/** @type {import("dependency-cruiser").IConfiguration} */
export default {
  forbidden: [
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
    {
      name: "no-foreign-internals",
      severity: "error",
      from: { path: "^packages/([^/]+)/" },
      to: { path: "^packages/[^/]+/src/internal/", pathNot: "^packages/$1/" }
    },
    ...Object.entries(needs).flatMap(arrows),
    ...Object.entries(stages).map(stageArrows)
  ],
  options: {
    // TypeScript 7 has no API for parsing.
    parser: "swc",
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^packages/[^/]+/dist/" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "default"] }
  }
}
