/** Postgres takes neither zeros nor halves of characters in texts, and a file with a zero in it is no CSV. */
export const storable = (text: string): string => text.replace(/[\0\p{Cs}]/gu, "\uFFFD")
