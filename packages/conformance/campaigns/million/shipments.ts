/** A file with as many shipments as wanted. */
import { once } from "node:events"
import { createWriteStream } from "node:fs"

/** The number of the first shipment. */
export const first = 10_000_000

export const write = async (path: string, rows: number): Promise<void> => {
  const file = createWriteStream(path)
  // what is older than 90 days is refused
  const yesterday = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10)
  let text = "order_number,shipment_id,tracking_number,carrier_code,ship_date,notify_customer,note\n"
  for (let n = 0; n < rows; n++) {
    const order = String(n).padStart(7, "0")
    text += `${order},se-${first + n},00${n + 1},ups,${yesterday}T10:00:00-08:00,${
      n % 3 === 0 ? "no" : "yes"
    },order ${n}\n`
    if (text.length > 1_000_000) {
      if (!file.write(text)) await once(file, "drain")
      text = ""
    }
  }
  file.end(text)
  await once(file, "finish")
}
