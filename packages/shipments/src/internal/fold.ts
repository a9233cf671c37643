/** Takes from a name what people write in different ways: case, accents, spaces, signs. */
export const fold = (name: string): string =>
  name
    // else it would become letters
    .replace(/[®©™℠]/g, " ")
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim()

/** Tells how much alike two names are, from 0 to 1: by the changes that lead from one to the other, or by a common start. */
export const nearness = (self: string, that: string): number => {
  const longest = Math.max(self.length, that.length)
  if (longest === 0) return 0
  const [word = ""] = that.split(" ")
  const starts = word.length > 2 && self.split(" ")[0] === word ? 0.5 : 0
  return Math.max(starts, 1 - distance(self, that.slice(0, 100)) / longest)
}

/** How many letters have to be put in, taken out or changed (Levenshtein). */
const distance = (self: string, that: string): number => {
  let above = Array.from({ length: that.length + 1 }, (_, index) => index)
  for (let row = 1; row <= self.length; row++) {
    const current = [row]
    for (let column = 1; column <= that.length; column++) {
      const change = self[row - 1] === that[column - 1] ? 0 : 1
      current.push(Math.min(
        (above[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (above[column - 1] ?? 0) + change
      ))
    }
    above = current
  }
  return above[that.length] ?? 0
}
