/**
 * Counts shipments, and takes one back that a later row contradicts. For that it remembers eight bytes of each.
 */
import type { Row } from "../file/ShipmentsFile.js"

/** In the number that is kept of a shipment: who is told, the carrier, and how many rows it has. */
const customer = 1
const orderSource = 2
const withoutDate = 4
const carrierUnit = 8
const rowUnit = 1024

/** Carriers that are counted by themselves. */
const mostCarriers = 99

/** Counts rows that come one behind the other. */
export const make = () => {
  let size = 0
  let lines = new Uint32Array(1024)
  let kept = new Uint32Array(1024)
  const sums = { valid: 0, shipments: 0, customers: 0, orderSources: 0, today: 0 }
  const carriers = new Map<string, number>()
  const carrierSums: Array<number> = []

  const carrierOf = (code: string): number => {
    const known = carriers.get(code)
    if (known !== undefined) return known
    const added = carriers.size
    if (added >= mostCarriers && code !== other) return carrierOf(other)
    carriers.set(code, added)
    carrierSums.push(0)
    return added
  }

  const count = (of: number, by: 1 | -1): void => {
    sums.valid += by * Math.floor(of / rowUnit)
    sums.shipments += by
    if ((of & customer) !== 0) sums.customers += by
    if ((of & orderSource) !== 0) sums.orderSources += by
    if ((of & withoutDate) !== 0) sums.today += by
    const carrier = Math.floor((of % rowUnit) / carrierUnit)
    carrierSums[carrier] = (carrierSums[carrier] ?? 0) + by
  }

  /** Where the shipment of a line is: they are in the order of the file. */
  const find = (line: number): number => {
    let [low, high] = [0, size]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((lines[middle] ?? 0) < line) low = middle + 1
      else high = middle
    }
    return low
  }

  return {
    /** Another shipment. */
    add: ({ input: { carrier_code, notify_customer, notify_order_source, ship_date }, line }: Row): void => {
      if (size === lines.length) [lines, kept] = [twice(lines), twice(kept)]
      const of = rowUnit + carrierOf(carrier_code) * carrierUnit
        + (notify_customer === true ? customer : 0)
        + (notify_order_source === true ? orderSource : 0)
        + (ship_date === undefined ? withoutDate : 0)
      lines[size] = line
      kept[size++] = of
      count(of, 1)
    },
    /** Another row of the shipment of that line. */
    fold: (line: number): void => {
      const at = find(line)
      kept[at] = (kept[at] ?? 0) + rowUnit
      sums.valid++
    },
    /** The shipment of that line isn't sent. Tells whether it is new that it isn't. */
    takeBack: (line: number): boolean => {
      const at = find(line)
      const of = kept[at] ?? 0
      if (lines[at] !== line || of === 0) return false
      kept[at] = 0
      count(of, -1)
      return true
    },
    all: () => ({
      ...sums,
      carriers: Object.fromEntries(
        [...carriers].flatMap(([code, carrier]) => {
          const sum = carrierSums[carrier] ?? 0
          return sum === 0 ? [] : [[code, sum] as const]
        })
      )
    })
  }
}

const other = "other"

const twice = (of: Uint32Array): Uint32Array<ArrayBuffer> => {
  const larger = new Uint32Array(of.length * 2)
  larger.set(of)
  return larger
}
