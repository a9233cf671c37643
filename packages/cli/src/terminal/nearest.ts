/**
 * What was probably meant by a word that there isn't.
 */

const plain = (word: string): string => word.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, "")

/** Gives the word with the fewest edits, without regard to case and marks. Undefined: none is near. */
export const nearest = (word: string, all: ReadonlyArray<string>): string | undefined => {
  const wanted = plain(word).slice(0, 60)
  const most = wanted.length < 4 ? 1 : Math.max(2, Math.floor(wanted.length / 3))
  const [best] = all
    .map((name) => ({ name, far: edits(wanted, plain(name).slice(0, 60)) }))
    .filter(({ far }) => far <= most && far < wanted.length)
    .toSorted((a, b) => a.far - b.far)
  return best?.name
}

/** Counts how many letters have to be put in, taken out or changed (Levenshtein). */
const edits = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      next.push(
        Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1))
      )
    }
    row = next
  }
  return row[b.length] ?? 0
}
