import { dataOf, draw } from "./chart.js"
import { moment } from "./format.js"
import { html, nothing, render } from "./lit-html/lit-html.js"
import { empty, viewOf } from "./model.js"
import { overview } from "./overview.js"
import { row } from "./row.js"
import { rows } from "./rows.js"

/** @import { Model } from "./model.js" */

/**
 * @typedef {object} Actions
 * @property {(changes: Partial<Model>) => void} set
 * @property {(what: string, path: string, body: Record<string, unknown>) => void} ask asks why, and then does it
 */

const model = empty()

/** @param {string} text for screen readers */
const announce = (text) => {
  const announcer = document.getElementById("announcer")
  if (announcer !== null) announcer.textContent = text
}

let isDue = false

/** Draws in the next frame, however often it is called until then. */
const redraw = () => {
  if (isDue) return
  isDue = true
  requestAnimationFrame(() => {
    isDue = false
    const root = document.getElementById("dashboard")
    if (root !== null) render(page(), root)
    moveFocus()
    drawCharts()
  })
}

/** @type {Model["asking"]} what the focus is in */
let asked

/** @type {Element | null} where it was before */
let asker = null

/** Who uses a keyboard comes to the question, and back. */
const moveFocus = () => {
  if (asked === model.asking) return
  asked = model.asking
  if (asked !== undefined) document.getElementById("reason")?.focus()
  else if (asker instanceof HTMLElement && asker.isConnected) asker.focus()
}

const drawCharts = () => {
  for (const element of document.querySelectorAll("[data-chart]")) {
    if (!(element instanceof HTMLElement)) continue
    const isRate = element.getAttribute("data-chart") === "ended"
    const lines = isRate
      ? [{ label: "fulfilled", color: "good" }, { label: "rejected", color: "bad" }]
      : [{ label: "pending", color: "busy" }, { label: "unknown", color: "warn" }]
    const data = dataOf(model, isRate ? ["fulfilled", "rejected"] : ["pending", "unknown"], isRate)
    draw(element, data, lines)
  }
}

/** @param {string} path @param {RequestInit} [init] */
const call = async (path, init) => {
  try {
    const response = await fetch(`./api/${path}`, init)
    if (response.ok) return response.status === 204 ? {} : await response.json()
    const body = await response.json().catch(() => ({}))
    model.problem = response.status === 409
      ? "It has changed meanwhile. Nothing was done."
      : String(body.message ?? `The dashboard's program answered with ${response.status}.`)
  } catch {
    model.problem = "The dashboard's program didn't answer."
  }
  redraw()
}

/** The view that is looked up: an answer for another that comes late is left. */
let wanted = 0

const load = async () => {
  const current = ++wanted
  const { view } = model
  if (view.name === "rows") {
    const found = await call(`rows?${new URLSearchParams(view.filter)}`)
    if (current === wanted && found !== undefined) model.rows = found
  }
  if (view.name === "row") {
    const found = await call(`rows/${view.id}`)
    if (current === wanted && found !== undefined) model.detail = found
  }
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
  model.rows = undefined
  model.detail = undefined
  model.problem = ""
  redraw()
  void load()
}

/** @type {Actions} */
const actions = {
  set: (changes) => {
    Object.assign(model, changes)
    redraw()
  },
  ask: (what, path, body) => {
    asker = document.activeElement
    model.asking = { what, path, body }
    redraw()
  }
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
  if (asking === undefined || !(field instanceof HTMLInputElement)) return
  const reason = field.value.trim()
  if (reason === "") return
  model.problem = ""
  const done = await call(asking.path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ ...asking.body, reason })
  })
  if (done !== undefined) announce(`Done: ${asking.what}.`)
  model.asking = undefined
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
  const { problem, view } = model
  const { said, tone } = statusOf(model)
  const isAsking = model.asking !== undefined
  return html`
    <header ?inert=${isAsking}>
      <h1>Outbox</h1>
      <span class="connection ${tone}">${said}</span>
      <nav aria-label="Views">
        <a href="#/" aria-current=${view.name === "overview" ? "page" : nothing}>Overview</a>
        <a href="#/rows" aria-current=${view.name === "rows" ? "page" : nothing}>Rows</a>
        <a href="#/rows?state=unknown">Unknown</a>
      </nav>
    </header>
    ${problem === "" ? nothing : html`<p class="alarm" role="alert">${problem}</p>`}
    <main ?inert=${isAsking}>${
    view.name === "overview"
      ? overview(model, actions)
      : view.name === "rows"
      ? rows(model, view.filter)
      : row(model, actions)
  }</main>
    ${dialog()}`
}

const dialog = () => {
  const { asking } = model
  if (asking === undefined) return nothing
  return html`
    <div class="shade">
      <form class="dialog" role="dialog" aria-modal="true" aria-labelledby="asking" @submit=${confirm}>
        <h2 id="asking">Really ${asking.what}?</h2>
        <label for="reason">Why? It is kept with what happened.</label>
        <input id="reason" required maxlength="500" autocomplete="off">
        <div class="buttons"><button class="primary">Yes, ${asking.what}</button><button type="button" @click=${close}>No</button></div>
      </form>
    </div>`
}

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
  const events = new EventSource("./api/events")
  source = events
  events.addEventListener("overview", (event) => {
    const before = model.overview
    model.overview = JSON.parse(event.data)
    add(model.overview?.sample)
    if (JSON.stringify(before?.counts) !== JSON.stringify(model.overview?.counts)) void load()
  })
  events.addEventListener("tick", (event) => {
    model.at = Number(event.data)
    model.received = Date.now()
    model.connection = "live"
    redraw()
  })
  events.addEventListener("error", () => {
    if (model.connection !== "lost") announce("The connection is lost.")
    model.connection = "lost"
    redraw()
    if (events.readyState === EventSource.CLOSED) timer = setTimeout(connect, 2_000)
  })
}

setInterval(redraw, 5_000)
document.addEventListener("visibilitychange", connect)
document.addEventListener("keydown", ({ key }) => {
  if (key === "Escape" && model.asking !== undefined) close()
})
addEventListener("hashchange", go)
addEventListener("resize", redraw)

go()
connect()
