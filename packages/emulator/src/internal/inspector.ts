import { asset, baseCss, shared } from "@effect-shipstation/page/Assets"
import * as HttpRouter from "@effect/platform/HttpRouter"

// plain files, the same beside `src` and beside `dist`; not before they are asked for, as a bundle may have no URL
const ours = (file: string) => new URL(`../../inspector/${file}`, import.meta.url)

const own = (name: string, type: Parameters<typeof asset>[0]) =>
  HttpRouter.get(`/__emulator/inspector/${name}`, asset(type, () => ours(name)))

/** The page, and what it loads. */
export const routes: HttpRouter.HttpRouter = HttpRouter.empty.pipe(
  HttpRouter.get("/", asset("html", () => ours("index.html"))),
  HttpRouter.get("/__emulator/inspector/style.css", asset("css", baseCss, () => ours("style.css"))),
  own("icon.svg", "svg"),
  own("clock.js", "js"),
  own("elements.js", "js"),
  own("faults.js", "js"),
  own("format.js", "js"),
  own("main.js", "js"),
  own("model.js", "js"),
  own("notifications.js", "js"),
  own("outcome.js", "js"),
  own("page.js", "js"),
  own("presets.js", "js"),
  own("requests.js", "js"),
  own("shipments.js", "js"),
  own("webhooks.js", "js"),
  HttpRouter.concat(shared("/__emulator/inspector"))
)
