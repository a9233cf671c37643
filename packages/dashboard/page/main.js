import { draw, endedOf, samplesOf } from "./chart.js"
import { dialog, faultOf } from "./dialog.js"
import * as focus from "./focus.js"
import { moment } from "./format.js"
import { html, nothing, render } from "./lit-html/lit-html.js"
import { askMany } from "./many.js"
import { empty, viewOf } from "./model.js"
import { overview } from "./overview.js"
import { row } from "./row.js"
import { rows } from "./rows.js"
import { search } from "./search.js"
import { answersAgain, problemOf, request } from "./talk.js"

/** @import { Question } from "./ask.js" */
/** @import { Model } from "./model.js" */

/**
 * @typedef {object} Actions
 * @property {(changes: Partial<Model>) => void} set
 * @property {(question: Question) => void} ask asks why, and then does it
 * @property {(operation: "retry" | "discard", filter: Record<string, string>) => void} askMany the same of all rows that match
 * @property {(text: string) => void} search
 */

const model = empty()

/** @param {string} text for screen readers */
const announce = (text) => {
  const announcer = document.getElementById("announcer")
  if (announcer !== null) announcer.textContent = text
}

let isDue = false

/** Where the page stands, without what stood there until it was drawn. */
const makeRoot = () => {
  const root = document.getElementById("dashboard")
  root?.replaceChildren()
  return root
}

/** @type {HTMLElement | null | undefined} */
let root

const drawText = () => {
  root ??= makeRoot()
  if (root !== null) render(page(), root)
  focus.move(model)
}

/** Draws in the next frame, however often it is called until then. */
const redraw = () => {
  if (isDue) return
  isDue = true
  requestAnimationFrame(() => {
    isDue = false
    drawText()
    drawCharts()
  })
}

/** @returns {[number, number]} */
const shownSpan = () => [(model.at - model.span) / 1_000, model.at / 1_000]

/** Whether what is text is seen: what takes longer comes after that. */
let isSeen = false

const drawCharts = () => {
  if (!isSeen || !("uPlot" in globalThis)) return
  for (const element of document.querySelectorAll("[data-chart]")) {
    if (!(element instanceof HTMLElement)) continue
    const [lines, data] = chartOf(element.getAttribute("data-chart"))
    draw(element, data, lines, shownSpan)
  }
}

/**
 * The lines of a chart, and where they run.
 *
 * @param {string | null} name
 * @returns {[Parameters<typeof draw>[2], Parameters<typeof draw>[1]]}
 */
const chartOf = (name) => {
  switch (name) {
    case "ended":
      return [
        [{ label: "fulfilled", color: "good" }, { label: "rejected", color: "bad" }],
        endedOf(model, ["fulfilled", "rejected"])
      ]
    case "oldest":
      return [
        [{ label: "minutes", color: "busy" }],
        samplesOf(model, [({ at, oldest }) => oldest === undefined ? 0 : (at - oldest) / 60_000])
      ]
    case "limit":
      return [
        [{ label: "%", color: "busy" }],
        samplesOf(model, [({ limitUsed }) => limitUsed === undefined ? null : limitUsed * 100])
      ]
    default:
      return [
        [{ label: "pending", color: "busy" }, { label: "unknown", color: "warn" }],
        samplesOf(model, [({ counts }) => counts.pending ?? 0, ({ counts }) => counts.unknown ?? 0])
      ]
  }
}

/** @param {string} path @param {Record<string, unknown>} body */
const post = async (path, body) => take(await request(path, body), true)

/** @param {string} path */
const call = async (path) => take(await request(path), false)

/**
 * What was answered, unless something is wrong with it, which is told.
 *
 * @param {Awaited<ReturnType<typeof request>>} answer
 * @param {boolean} isChange
 */
const take = (answer, isChange) => {
  if (answer !== undefined && answer.status < 300 && answer.body !== undefined) return answer.body
  if (answer === undefined || answer.body === undefined) {
    // that something may have been done is worth more than that it can't be looked up
    if (isChange || model.unanswered === undefined) model.problem = problemOf(undefined, isChange)
    if (isChange) model.unanswered = "change"
    else model.unanswered ??= "look"
    model.connection = "lost"
  } else model.problem = problemOf(answer, isChange)
  redraw()
  return undefined
}

/** What it says of what wasn't answered holds no more. */
const answered = () => {
  if (model.unanswered === undefined) return
  model.problem = model.unanswered === "change" ? answersAgain : ""
  model.unanswered = undefined
  void load()
}

/** The view that is looked up: an answer for another that comes late is left. */
let wanted = 0
let loadedAt = 0

const load = async () => {
  const current = ++wanted
  const { view } = model
  loadedAt = Date.now()
  if (view.name === "rows") {
    const { account } = view.filter
    if (account !== undefined) void loadAccount(current, account)
    const found = await call(`rows?${new URLSearchParams({ ...view.filter, newestFirst: "true" })}`)
    if (current === wanted && found !== undefined) {
      model.rows = found
      openOnly()
    }
  }
  if (view.name === "row") {
    const answer = await request(`rows/${view.id}`)
    if (current !== wanted) return
    model.isMissing = answer?.status === 404
    const found = model.isMissing ? undefined : take(answer, false)
    if (found !== undefined) model.detail = found
  }
  redraw()
}

/** @param {number} current @param {string} account */
const loadAccount = async (current, account) => {
  const found = await call(`accounts/history?${new URLSearchParams({ account })}`)
  if (current !== wanted || found === undefined) return
  model.accountHistory = found
  redraw()
}

/** Whether the rows that are looked up are what a person has just searched for. */
let isSearched = false

/** Who searches for one shipment wants to see that one. */
const openOnly = () => {
  const [only, ...others] = model.rows?.rows ?? []
  const isAll = (model.rows?.searched?.notFound ?? []).length === 0
  if (isSearched && isAll && only !== undefined && others.length === 0) location.hash = `#/rows/${only.id}`
  isSearched = false
}

/** When what ended was looked up last. */
let endedAt = 0

/** Of the span that is shown; not at each change, as it looks no older for that. */
const loadEnded = async () => {
  endedAt = Date.now()
  const { span } = model
  const found = await call(`ended?span=${span > 3_600_000 ? "day" : "hour"}`)
  if (found === undefined || span !== model.span) return
  model.ended = found
  redraw()
}

/** What the charts show came while nobody listened, too. */
const loadSamples = async () => {
  const found = await call("samples")
  if (found === undefined) return
  model.samples = found
  redraw()
}

/** @param {Model["samples"][number] | undefined} sample */
const add = (sample) => {
  const last = model.samples.at(-1)
  if (sample === undefined || (last !== undefined && sample.at <= last.at)) return
  model.samples = [...model.samples.filter(({ at }) => at > sample.at - day), sample]
}

const day = 86_400_000

const go = () => {
  model.view = viewOf(location.hash)
  if (model.view.name === "rows") model.back = location.hash
  model.rows = undefined
  model.accountHistory = undefined
  model.detail = undefined
  model.isMissing = false
  model.problem = ""
  model.unanswered = undefined
  model.done = ""
  // what was asked was about what isn't shown any more
  model.asking = undefined
  focus.forget()
  redraw()
  void load()
}

/** @type {Actions} */
const actions = {
  set: (changes) => {
    Object.assign(model, changes)
    if ("span" in changes) {
      model.ended = []
      void loadEnded()
    }
    redraw()
  },
  ask: ({ body, done, path, ...asking }) =>
    askFor({
      ...asking,
      act: async (reason) => (await post(path, { ...body, reason })) === undefined ? undefined : done
    }),
  askMany: (operation, filter) => void askMany({ call, post, askFor, tell }, operation, filter),
  search: (text) => {
    isSearched = true
    const hash = `#/rows?${new URLSearchParams({ search: text })}`
    if (location.hash === hash) go()
    else location.hash = hash
  }
}

/** @param {NonNullable<Model["asking"]>} asking */
const askFor = (asking) => {
  focus.note()
  model.asking = asking
  model.fault = ""
  model.done = ""
  model.problem = ""
  model.unanswered = undefined
  redraw()
}

/** @param {"problem" | "progress"} kind @param {string} text */
const tell = (kind, text) => {
  model[kind] = text
  redraw()
}

const close = () => {
  model.asking = undefined
  redraw()
}

/** @param {Event} event */
const confirm = async (event) => {
  event.preventDefault()
  const { asking } = model
  const field = document.getElementById("reason")
  if (asking === undefined || !(field instanceof HTMLInputElement) || model.progress !== "") return
  model.fault = faultOf(field.value)
  if (model.fault !== "") {
    redraw()
    field.focus()
    return
  }
  tell("progress", "It is being done …")
  const done = await asking.act(field.value.trim())
  if (done !== undefined) model.done = done
  model.progress = ""
  // or another was asked meanwhile, on another page
  if (model.asking === asking) model.asking = undefined
  redraw()
  await load()
}

/** An overview comes every 2 seconds, unless the database doesn't answer. */
const behindAfter = 15_000

/** @param {Model} model */
const statusOf = ({ connection, received }) => {
  if (connection === "connecting") return { tone: "connecting", said: "Connecting" }
  if (connection === "lost") return { tone: "lost", said: "Connection lost: what is shown may be old" }
  return Date.now() - received > behindAfter
    ? { tone: "lost", said: `Behind: what is shown is of ${moment(received)}` }
    : { tone: "live", said: "Live" }
}

const page = () => {
  const { asking, done, problem, progress, view } = model
  const { said, tone } = statusOf(model)
  const isAsking = asking !== undefined
  return html`
    <header ?inert=${isAsking}>
      <h1>Outbox</h1>
      <span class="connection ${tone}">${said}</span>
      <nav aria-label="Views">
        <a href="#/" aria-current=${view.name === "overview" ? "page" : nothing}>Overview</a>
        <a href="#/rows" aria-current=${view.name === "rows" ? "page" : nothing}>Shipments</a>
        <a href="#/rows?state=unknown">Unknown</a>
      </nav>
      ${search(model, actions)}
    </header>
    ${problem === "" ? nothing : html`<p class="alarm" role="alert" id="problem" tabindex="-1">${problem}</p>`}
    <main ?inert=${isAsking}>${done === "" ? nothing : html`<p class="done" id="done" tabindex="-1">${done}</p>`}${
    progress === "" || isAsking ? nothing : html`<p role="status">${progress}</p>`
  }${shown()}</main>
    ${dialog(model, { confirm, close })}`
}

const shown = () => {
  const { view } = model
  switch (view.name) {
    case "overview":
      return overview(model, actions)
    case "rows":
      return rows(model, view.filter, actions)
    case "row":
      return row(model, actions)
    case "none":
      return html`<p class="none">There is nothing at this address. <a href="#/">To the overview</a></p>`
  }
}

/** @param {Model["overview"]} overview what of it a list, or a row, depends on */
const concerning = (overview) => JSON.stringify([overview?.counts, overview?.accounts, overview?.idle])

/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer
/** @type {EventSource | undefined} */
let source

/** A hidden page doesn't listen: browsers allow few connections to a server. */
const connect = () => {
  clearTimeout(timer)
  source?.close()
  source = undefined
  if (document.hidden) return
  void loadSamples()
  void loadEnded()
  const events = new EventSource("./api/events")
  source = events
  events.addEventListener("overview", (event) => {
    const before = model.overview
    model.overview = JSON.parse(event.data)
    add(model.overview?.sample)
    if (concerning(before) !== concerning(model.overview)) void load()
  })
  events.addEventListener("tick", (event) => {
    model.at = Number(event.data)
    model.received = Date.now()
    model.connection = "live"
    answered()
    if (Date.now() - endedAt > 10_000) void loadEnded()
    // an offer may have replaced it, which changes no count
    if (model.view.name === "row" && Date.now() - loadedAt > 3_000) void load()
    redraw()
  })
  events.addEventListener("error", () => {
    if (model.connection !== "lost") announce("The connection is lost.")
    model.connection = "lost"
    redraw()
    if (events.readyState === EventSource.CLOSED) timer = setTimeout(connect, 2_000)
  })
}

/** What there is came with the page. */
const begin = () => {
  const first = document.getElementById("first")
  if (first === null) return
  const { at, overview } = JSON.parse(first.textContent)
  first.remove()
  Object.assign(model, { at, overview, received: Date.now() })
}

setInterval(redraw, 5_000)
document.getElementById("uplot")?.addEventListener("load", redraw)
document.addEventListener("visibilitychange", connect)
document.addEventListener("keydown", ({ key }) => {
  if (key === "Escape" && model.asking !== undefined && model.progress === "") close()
})
addEventListener("hashchange", go)
addEventListener("resize", redraw)

begin()
go()
drawText()
requestAnimationFrame(() =>
  setTimeout(() => {
    isSeen = true
    connect()
    redraw()
  })
)
