/**
 * Yes and no, as people write them.
 */

// in English, German, French, Spanish, Italian and Dutch
const words = new Map([
  ...[
    "true",
    "yes",
    "1",
    "y",
    "t",
    "on",
    "ja",
    "j",
    "oui",
    "sí",
    "si",
    "sì",
    "wahr",
    "vrai",
    "verdadero",
    "vero",
    "waar"
  ]
    .map((text) => [text, true] as const),
  ...["false", "no", "0", "n", "f", "off", "nein", "nee", "non", "falsch", "faux", "falso", "onwaar"]
    .map((text) => [text, false] as const)
])

/** Undefined: it is neither. */
export const read = (text: string): boolean | undefined => words.get(text.normalize("NFC").toLowerCase())
