/**
 * A moment of the emulator's time, in UTC.
 *
 * @param {string} at
 */
export const time = (at) => at.slice(11, 23)

/**
 * JSON with line breaks; any other text as it is.
 *
 * @param {string} text
 */
export const pretty = (text) => {
  try {
    return JSON.stringify(JSON.parse(text), undefined, 2)
  } catch {
    return text
  }
}

/**
 * @param {number} count
 * @param {string} one
 * @param {string} [many]
 */
export const plural = (count, one, many = `${one}s`) => `${count.toLocaleString("en")} ${count === 1 ? one : many}`

export const kinds = { customer: "Customer e-mail", order_source: "Store message" }

/** @param {number} nth */
export const ordinal = (nth) => nth === 2 ? "2nd" : nth === 3 ? "3rd" : `${nth}th`
