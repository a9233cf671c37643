import { render } from "./lit-html/lit-html.js"
import { apply, empty } from "./model.js"
import { page } from "./page.js"
import { frequencies, presets } from "./presets.js"

/** @import { Changes } from "./model.js" */
/** @import { Actions, Ui } from "./page.js" */

let model = empty()

/** @type {Ui} */
const ui = {
  connection: "connecting",
  panel: "requests",
  search: "",
  outcome: "",
  shipmentState: "",
  paused: undefined,
  open: new Set(),
  preset: 0,
  frequency: 0,
  rule: "",
  seed: "{\n  \"shipments\": [\n    { \"shipment_id\": \"se-1001\", \"shipment_number\": \"ORDER-1001\" }\n  ]\n}",
  advance: "1 minute",
  problems: { form: "", list: [] }
}

/**
 * For screen readers.
 *
 * @param {string} text
 */
const announce = (text) => {
  const announcer = document.getElementById("announcer")
  if (announcer !== null) announcer.textContent = text
}

let isDue = false

/** Draws in the next frame, however often it is called until then. */
const draw = () => {
  if (isDue) return
  isDue = true
  requestAnimationFrame(() => {
    isDue = false
    const root = document.getElementById("inspector")
    if (root !== null) render(page(ui.paused ?? model, model, ui, actions), root)
    const again = model.state?.counts.notifiedAgain ?? 0
    document.title = `${again > 0 ? `(${again} twice) ` : ""}ShipStation emulator`
  })
}

/**
 * @param {string} form where what is wrong is shown
 * @param {string} method
 * @param {string} route
 * @param {string} [body]
 */
const send = async (form, method, route, body) => {
  /** @type {ReadonlyArray<{ readonly path: string, readonly message: string }>} */
  let list
  try {
    const response = await fetch(`/__emulator/${route}`, {
      method,
      ...body === undefined ? {} : { body, headers: { "content-type": "application/json" } }
    })
    list = response.ok ? [] : (await response.json()).problems
  } catch {
    list = [{ path: "", message: "The emulator didn't answer." }]
  }
  ui.problems = { form, list }
  draw()
  return list.length === 0
}

const fillRule = () => {
  ui.rule = JSON.stringify({ ...frequencies[ui.frequency]?.condition, ...presets[ui.preset]?.rule }, undefined, 2)
}

fillRule()

/** @type {Actions} */
const actions = {
  set: (changes) => {
    Object.assign(ui, changes)
    if ("preset" in changes || "frequency" in changes) fillRule()
    draw()
  },
  pause: () => {
    ui.paused = ui.paused === undefined
      ? {
        ...model,
        requests: new Map(model.requests),
        shipments: new Map(model.shipments),
        webhooks: new Map(model.webhooks)
      }
      : undefined
    draw()
  },
  toggle: (requestId, isOpen) => {
    if (isOpen) ui.open.add(requestId)
    else ui.open.delete(requestId)
    draw()
  },
  addFault: async () => {
    if (await send("fault", "POST", "faults", ui.rule)) announce("The fault is on.")
  },
  removeFault: async (index) => {
    const is = index === undefined ? "All faults are off." : "The fault is off."
    if (await send("fault", "DELETE", index === undefined ? "faults" : `faults/${index}`)) announce(is)
  },
  release: async () => {
    if (await send("fault", "POST", "release")) announce("Held requests were released.")
  },
  sendAgain: async (id) => {
    if (await send("webhooks", "POST", `webhooks/${id}/again`)) announce("The webhook is sent again.")
  },
  addSeed: async () => {
    if (await send("seed", "POST", "seed", ui.seed)) announce("The shipments were added.")
  },
  setFrozen: async (frozen) => {
    const isDone = await send("clock", "POST", "clock", JSON.stringify({ frozen }))
    if (isDone) announce(frozen ? "The clock stands still." : "The clock goes on.")
  },
  advance: async () => {
    const isDone = await send("clock", "POST", "clock", JSON.stringify({ advance: ui.advance.trim() }))
    if (isDone) announce(`The clock was put forward by ${ui.advance}.`)
  },
  reset: async () => {
    if (await send("clock", "POST", "reset")) announce("The emulator was reset.")
  }
}

/** @type {EventSource | undefined} */
let source

/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer

/** A hidden page doesn't listen: browsers allow few connections to a server. It gets a new snapshot when it is seen. */
const connect = () => {
  clearTimeout(timer)
  source?.close()
  source = undefined
  if (document.hidden) return
  const events = new EventSource("/__emulator/events")
  source = events
  /** @param {MessageEvent<string>} event */
  const receive = (event) => {
    /** @type {Changes} */
    const changes = JSON.parse(event.data)
    const again = model.state?.counts.notifiedAgain ?? changes.state.counts.notifiedAgain
    apply(model, changes)
    const twice = changes.notifications.find(({ nth }) => nth > 1)
    if (changes.state.counts.notifiedAgain > again && twice !== undefined) {
      announce(`A notification for ${twice.shipment_id} went out again.`)
    }
    ui.connection = "live"
    draw()
  }
  events.addEventListener("snapshot", (event) => {
    const before = model
    model = empty()
    // the same requests again, after a pause of the connection, stay open
    receive(event)
    ui.open = new Set(Array.from(ui.open).filter((id) => before.requests.get(id)?.at === model.requests.get(id)?.at))
  })
  events.addEventListener("changes", receive)
  events.addEventListener("error", () => {
    if (ui.connection !== "lost") announce("The connection to the emulator is lost.")
    ui.connection = "lost"
    draw()
    // the browser gives up after some answers, such as those of another server on this port
    if (events.readyState === EventSource.CLOSED) timer = setTimeout(connect, 2_000)
  })
}

document.addEventListener("visibilitychange", connect)

document.addEventListener("keydown", (event) => {
  const isTyping = event.target instanceof HTMLElement && event.target.matches("input, textarea, select")
  if (event.key !== "/" || isTyping || event.ctrlKey || event.metaKey || event.altKey) return
  event.preventDefault()
  document.getElementById("search")?.focus()
})

setInterval(() => {
  if (model.state?.clock.frozen === false) draw()
}, 1_000)

draw()
connect()
