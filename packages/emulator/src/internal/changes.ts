import { CreateFulfillments } from "@effect-shipstation/schema"
import * as DateTime from "effect/DateTime"
import * as Schema from "effect/Schema"
import type { FaultAction } from "../Fault.js"
import { type Answer, type ReplyContext, type TextReply, textReply, toReply } from "./answer.js"
import { withoutFields } from "./fields.js"

type Action<Tag extends FaultAction["_tag"]> = Extract<FaultAction, { readonly _tag: Tag }>

/** What is answered instead of the usual. */
export const insteadOf = (action: Action<"ErrorBody" | "RawBody">, context: ReplyContext): TextReply => {
  if (action._tag === "RawBody") return textReply({ ...action, text: action.body ?? "" }, context)
  const { headers, status, errors = [usualError(status)], retryAfter } = action
  return toReply({
    status,
    body: { request_id: context.requestId, errors },
    headers: { ...(retryAfter === undefined ? {} : { "retry-after": asHeader(retryAfter, context.now) }), ...headers }
  }, context)
}

const asHeader = (retryAfter: NonNullable<Action<"ErrorBody">["retryAfter"]>, now: DateTime.Utc): string =>
  typeof retryAfter === "object"
    ? DateTime.toDate(DateTime.addDuration(now, retryAfter.dateIn)).toUTCString()
    : String(retryAfter)

const usualError = (status: number) => {
  const [error_type, error_code] = status >= 500
    ? ["system", "unspecified"]
    : status === 429
    ? ["business_rules", "rate_limit_exceeded"]
    : status === 401
    ? ["security", "unauthorized"]
    : status === 403
    ? ["security", "forbidden"]
    : ["validation", "unspecified"]
  return { error_source: "ShipStation", error_type, error_code, message: `The emulator was told to answer ${status}.` }
}

type Results = ReadonlyArray<typeof CreateFulfillments.Result.Encoded>

/**
 * The answer with all changes to its results; the same object when there are none. Whatever the order of the rules, results
 * are dropped first: of a contradiction only the lie might be left otherwise, and that nobody could notice.
 */
export const withChanges = (answer: Answer, faults: ReadonlyArray<FaultAction>): Answer => {
  const changes = faults.flatMap((fault) => fault._tag === "ChangeResults" ? [fault] : [])
  const { body, status } = answer
  if (changes.length === 0 || status !== 200 || !isResponse(body)) return answer
  const fulfillments = changes.reduce(add, changes.reduce(drop, body.fulfillments ?? []))
  const has_errors = changes.reduce(
    (has_errors, change) => change.contradictHasErrors === true ? !has_errors : has_errors,
    body.has_errors
  )
  const without = changes.flatMap(({ without = [] }) => without)
  return {
    ...answer,
    body: withoutFields(
      { ...body, has_errors, fulfillments: fulfillments.map((result) => withoutFields(result, without)) },
      without
    )
  }
}

const drop = (results: Results, { drop = 0 }: Action<"ChangeResults">): Results =>
  typeof drop === "number"
    ? results.slice(drop)
    : results.filter(({ shipment_id }) => !drop.some((dropped) => dropped === shipment_id))

const add = (results: Results, { duplicate, extra, reverse }: Action<"ChangeResults">): Results => {
  const doubled = duplicate === undefined
    ? results
    : [...results, ...duplicate === "same" ? results : results.map(contradict)]
  const all = extra === true ? [...doubled, { shipment_id: "se-unasked", error_message: null }] : doubled
  return reverse === true ? all.toReversed() : all
}

const isResponse = Schema.is(Schema.encodedSchema(CreateFulfillments.Response))

const contradict = (result: typeof CreateFulfillments.Result.Encoded): typeof CreateFulfillments.Result.Encoded => ({
  ...result,
  error_message: result.error_message === null ? "It was not fulfilled." : null
})
