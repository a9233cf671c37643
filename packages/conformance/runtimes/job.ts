/** What a program is told to do, and what it tells. Plain data, as it goes into another process. */

/** Looks like no other text, so that it is found wherever it leaks. */
export const secret = "SECRETsecret-0123456789"

/** One case, as the program that sends has to know it. */
export interface Task {
  readonly id: string
  /** Without `/v2`. */
  readonly baseUrl: string
  readonly gets: number
  readonly times: number
  readonly atOnce: number
  /** In milliseconds. */
  readonly timeout: number
  /** Where to ask what the server has seen of it, if it is to be interrupted. */
  readonly interruptedBy: string | undefined
}

/** Tasks for one client, one after another. */
export interface Part {
  readonly client: string
  /** Leaves our safeguards out: the platform's client alone. */
  readonly isAlone: boolean
  readonly tasks: ReadonlyArray<Task>
}

export type Job = ReadonlyArray<Part>

export interface Told {
  /** Of the task, or `""` for the program itself. */
  readonly id: string
  /** How each request ended, each way once. */
  readonly ends: ReadonlyArray<string>
  /** What was printed with the key in it. */
  readonly leaks: ReadonlyArray<string>
}

/** What the server has seen of a case. */
export interface Seen {
  readonly posts: number
  /** Connections that a POST came over, and that are open. */
  readonly open: number
  /** Requests that followed it to another origin. */
  readonly strays: number
  /** A header `transfer-encoding` or `content-length` of a POST. */
  readonly framing: string
}

/** The limit of the shop's Workers: small, so that its requests wait for each other. */
export const limit = { limit: 5, window: 300 }
