/**
 * As much of PromQL as the rules and panels need, over samples in memory, parsed by Prometheus' own grammar. What it doesn't
 * know it fails at. One thing is simpler than there: `rate` and `increase` don't extrapolate to the ends of their range.
 */
import { parser } from "@prometheus-io/lezer-promql"
import type { Labels, Sample } from "./otlp.js"

type Node = ReturnType<typeof parser.parse>["topNode"]

interface Value {
  readonly labels: Labels
  readonly value: number
}

/** A number, or a value for each of some series. */
type Result = number | ReadonlyArray<Value>

/** What an expression asks for: series, and labels by which it tells them apart. */
export interface Selected {
  readonly name: string
  readonly labels: ReadonlyArray<string>
}

/** An expression, ready to be asked. */
export interface Query {
  readonly evaluate: (samples: ReadonlyArray<Sample>, at: number) => Result
  readonly selected: ReadonlyArray<Selected>
}

/** Fails where it isn't PromQL. */
export const parse = (text: string): Query => {
  const tree = parser.parse(text)
  tree.iterate({
    enter: ({ from, type }) => {
      if (type.isError) throw new Error(`not PromQL at ${from}: ${text}`)
    }
  })
  const root = tree.topNode.firstChild
  if (root === null) throw new Error(`no expression: ${text}`)
  const source = (node: Node) => text.slice(node.from, node.to)
  return {
    evaluate: (samples, at) => evaluate(root, { samples, at, source }),
    selected: all(root, "VectorSelector").map((selector) => ({
      name: source(child(selector, "Identifier")),
      labels: [
        ...all(selector, "LabelName"),
        ...groupings(selector)
      ].map(source)
    }))
  }
}

/** Whether an alert with this condition would be raised, were it so for long enough. */
export const isTrue = (result: Result): boolean => typeof result === "number" || result.length > 0

interface Context {
  readonly samples: ReadonlyArray<Sample>
  readonly at: number
  readonly source: (node: Node) => string
}

const child = (node: Node, name: string): Node => {
  const found = node.getChild(name)
  if (found === null) throw new Error(`${node.name} has no ${name}`)
  return found
}

const children = (node: Node): ReadonlyArray<Node> => {
  const found: Array<Node> = []
  for (let next = node.firstChild; next !== null; next = next.nextSibling) found.push(next)
  return found
}

/** Without brackets and commas. */
const operands = (node: Node): ReadonlyArray<Node> => children(node).filter(({ name }) => /[A-Z]/.test(name))

const all = (node: Node, name: string): ReadonlyArray<Node> =>
  node.name === name ? [node] : children(node).flatMap((inner) => all(inner, name))

/** The labels by which what is above groups. */
const groupings = (node: Node): ReadonlyArray<Node> => {
  const found: Array<Node> = []
  for (let above = node.parent; above !== null; above = above.parent) {
    const modifier = above.getChild("AggregateModifier")
    if (modifier !== null) found.push(...all(modifier, "LabelName"))
  }
  return found
}

const evaluate = (node: Node, context: Context): Result => {
  switch (node.name) {
    case "NumberDurationLiteral":
      return Number(context.source(node))
    case "ParenExpr":
      return evaluate(nth(operands(node), 0), context)
    case "VectorSelector":
      return latest(node, context)
    case "OffsetExpr": {
      const millis = durationOf(child(node, "OffsetDurationExpr"), context)
      return evaluate(nth(children(node), 0), { ...context, at: context.at - millis })
    }
    case "AggregateExpr":
      return aggregate(node, context)
    case "FunctionCall":
      return call(node, context)
    case "BinaryExpr":
      return binary(node, context)
    default:
      throw new Error(`${node.name} isn't known here`)
  }
}

const nth = <A>(all: ReadonlyArray<A>, index: number): A => {
  const found = all[index]
  if (found === undefined) throw new Error("an operand is missing")
  return found
}

const vector = (result: Result): ReadonlyArray<Value> => {
  if (typeof result === "number") throw new Error("a number, where there should be series")
  return result
}

const durations: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

const durationOf = (node: Node, { source }: Context): number => {
  const [, count, unit = ""] = /(\d+)([smhd])$/.exec(source(node)) ?? []
  return Number(count) * (durations[unit] ?? Number.NaN)
}

const matchersOf = (selector: Node, { source }: Context) =>
  all(selector, "UnquotedLabelMatcher").map((matcher) => {
    const wanted = source(child(matcher, "StringLiteral")).slice(1, -1)
    const name = source(child(matcher, "LabelName"))
    const isPattern = new RegExp(`^(?:${wanted})$`)
    switch (source(child(matcher, "MatchOp"))) {
      case "=":
        return (labels: Labels) => (labels[name] ?? "") === wanted
      case "!=":
        return (labels: Labels) => (labels[name] ?? "") !== wanted
      case "=~":
        return (labels: Labels) => isPattern.test(labels[name] ?? "")
      default:
        return (labels: Labels) => !isPattern.test(labels[name] ?? "")
    }
  })

/** The samples of a selector within a time, by series. */
const series = (selector: Node, context: Context, millis: number) => {
  const name = context.source(child(selector, "Identifier"))
  const matchers = matchersOf(selector, context)
  const found = new Map<string, Array<Sample>>()
  for (const sample of context.samples) {
    if (sample.name !== name || sample.at > context.at || sample.at <= context.at - millis) continue
    if (!matchers.every((matches) => matches(sample.labels))) continue
    const key = keyOf(sample.labels)
    found.set(key, [...found.get(key) ?? [], sample])
  }
  return Array.from(found.values())
}

/** What is older isn't true any more. */
const staleAfter = 5 * 60_000

const latest = (selector: Node, context: Context): Result =>
  series(selector, context, staleAfter).flatMap((samples) => samples.slice(-1))

/** How much a counter grew; one that begins anew has grown by what it has. */
const growth = (samples: ReadonlyArray<Sample>): number =>
  samples.reduce((sum, { value }, index) => {
    const before = samples[index - 1]?.value ?? value
    return sum + (value < before ? value : value - before)
  }, 0)

const call = (node: Node, context: Context): Result => {
  const name = context.source(child(node, "FunctionIdentifier"))
  const args = operands(child(node, "FunctionCallBody"))
  if (name === "absent") {
    return vector(evaluate(nth(args, 0), context)).length === 0 ? [{ labels: {}, value: 1 }] : []
  }
  if (name === "increase" || name === "rate") {
    const range = nth(args, 0)
    const millis = durationOf(child(range, "DurationExpr"), context)
    return series(child(range, "VectorSelector"), context, millis).flatMap((samples) =>
      samples.slice(0, samples.length > 1 ? 1 : 0).map(({ labels }) => ({
        labels,
        value: growth(samples) / (name === "rate" ? millis / 1_000 : 1)
      }))
    )
  }
  if (name === "histogram_quantile") {
    const share = evaluate(nth(args, 0), context)
    return quantiles(Number(share), vector(evaluate(nth(args, 1), context)))
  }
  throw new Error(`${name} isn't known here`)
}

const without = ({ le: _, ...labels }: Labels): Labels => labels

const quantiles = (share: number, buckets: ReadonlyArray<Value>): ReadonlyArray<Value> =>
  Array.from(group(buckets, without).values()).flatMap(({ labels, values }) => {
    const sorted = values
      .map(({ labels: { le }, value }) => ({ le: le === "+Inf" ? Number.POSITIVE_INFINITY : Number(le), value }))
      .toSorted((one, other) => one.le - other.le)
    const wanted = (sorted.at(-1)?.value ?? 0) * share
    const index = sorted.findIndex(({ value }) => value >= wanted)
    const bucket = sorted[index]
    if (wanted === 0 || bucket === undefined) return []
    const { le: from, value: below } = sorted[index - 1] ?? { le: 0, value: 0 }
    const value = bucket.le === Number.POSITIVE_INFINITY
      ? from
      : from + (bucket.le - from) * (wanted - below) / (bucket.value - below)
    return [{ labels, value }]
  })

const aggregate = (node: Node, context: Context): Result => {
  const operation = context.source(child(node, "AggregateOp"))
  const modifier = node.getChild("AggregateModifier")
  const names = modifier === null ? [] : all(modifier, "LabelName").map(context.source)
  const body = operands(child(node, "FunctionCallBody"))
  const kept = (labels: Labels) => Object.fromEntries(names.map((name) => [name, labels[name] ?? ""]))
  return Array.from(group(vector(evaluate(nth(body, 0), context)), kept).values(), ({ labels, values }) => {
    const numbers = values.map(({ value }) => value)
    if (operation === "max") return { labels, value: Math.max(...numbers) }
    if (operation === "sum") return { labels, value: numbers.reduce((sum, value) => sum + value, 0) }
    throw new Error(`${operation} isn't known here`)
  })
}

const group = (values: ReadonlyArray<Value>, kept: (labels: Labels) => Labels) => {
  const groups = new Map<string, { readonly labels: Labels; readonly values: Array<Value> }>()
  for (const value of values) {
    const labels = kept(value.labels)
    const found = groups.get(keyOf(labels)) ?? { labels, values: [] }
    groups.set(keyOf(labels), found)
    found.values.push(value)
  }
  return groups
}

const keyOf = (labels: Labels): string => JSON.stringify(Object.entries(labels).toSorted())

const compare: Readonly<Record<string, (one: number, other: number) => boolean>> = {
  ">": (one, other) => one > other,
  "<": (one, other) => one < other,
  "==": (one, other) => one === other
}

const calculate: Readonly<Record<string, (one: number, other: number) => number>> = {
  "*": (one, other) => one * other,
  "/": (one, other) => one / other
}

const binary = (node: Node, context: Context): Result => {
  const [first, operator, ...rest] = children(node)
  const last = rest.at(-1)
  if (first === undefined || operator === undefined || last === undefined) throw new Error("an operand is missing")
  const name = context.source(operator)
  const left = evaluate(first, context)
  const right = evaluate(last, context)
  if (name === "or" || name === "unless") {
    const [ours, theirs] = [new Set(vector(left).map(keyed)), new Set(vector(right).map(keyed))]
    return name === "or"
      ? [...vector(left), ...vector(right).filter((one) => !ours.has(keyed(one)))]
      : vector(left).filter((one) => !theirs.has(keyed(one)))
  }
  const operate = calculate[name]
  if (operate !== undefined && typeof left === "number" && typeof right === "number") return operate(left, right)
  return vector(left).flatMap(({ labels, value }) => {
    const other = typeof right === "number" ? right : right.find((one) => keyed(one) === keyOf(labels))?.value
    if (other === undefined) return []
    if (operate !== undefined) return [{ labels, value: operate(value, other) }]
    const holds = compare[name]
    if (holds === undefined) throw new Error(`${name} isn't known here`)
    return holds(value, other) ? [{ labels, value }] : []
  })
}

const keyed = ({ labels }: Value): string => keyOf(labels)
