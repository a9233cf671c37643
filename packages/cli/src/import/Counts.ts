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

const pieceSize = 16_384

/** Counts rows that come one behind the other. */
export const make = () => {
  let size = 0
  // a line and what is kept of its shipment, one behind the other, in pieces: larger ones would be copied to grow
  const pieces: Array<Uint32Array> = []
  const pieceOf = (at: number): Uint32Array => {
    const index = Math.floor(at / pieceSize)
    return pieces[index] ?? (pieces[index] = new Uint32Array(pieceSize * 2))
  }
  const lineOf = (at: number): number => pieceOf(at)[(at % pieceSize) * 2] ?? 0
  const keptOf = (at: number): number => pieceOf(at)[(at % pieceSize) * 2 + 1] ?? 0
  const keep = (at: number, of: number): void => {
    pieceOf(at)[(at % pieceSize) * 2 + 1] = of
  }
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
      if (lineOf(middle) < line) low = middle + 1
      else high = middle
    }
    return low
  }

  return {
    /** Another shipment. */
    add: ({ input: { carrier_code, notify_customer, notify_order_source, ship_date }, line }: Row): void => {
      const of = rowUnit + carrierOf(carrier_code) * carrierUnit
        + (notify_customer === true ? customer : 0)
        + (notify_order_source === true ? orderSource : 0)
        + (ship_date === undefined ? withoutDate : 0)
      pieceOf(size)[(size % pieceSize) * 2] = line
      keep(size++, of)
      count(of, 1)
    },
    /** Another row of the shipment of that line. */
    fold: (line: number): void => {
      const at = find(line)
      keep(at, keptOf(at) + rowUnit)
      sums.valid++
    },
    /** The shipment of that line isn't sent. Tells whether it is new that it isn't. */
    takeBack: (line: number): boolean => {
      const at = find(line)
      const of = keptOf(at)
      if (lineOf(at) !== line || of === 0) return false
      keep(at, 0)
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
