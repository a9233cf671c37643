import { type CreateFulfillments, Fulfillment as Wire } from "@effect-shipstation/schema"
import type * as DateTime from "effect/DateTime"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import type { FaultAction } from "../Fault.js"
import { type Answer, refusal } from "./answer.js"
import type { Allows } from "./commits.js"
import {
  asKnown,
  commit,
  findShipment,
  fulfillmentsOf,
  inResultOrder,
  type State,
  type StoredShipment
} from "./state.js"

/** A `POST /v2/fulfillments` that arrived. */
export interface CreateRequest {
  readonly requestId: string
  readonly account: string
  readonly contentType: string | undefined
  readonly text: string
  readonly now: DateTime.Utc
  /** Only these items are committed; unless `partial` tells of the others, the answer is as if all were. */
  readonly allows: Allows
  readonly partial: PartialSuccess | undefined
}

/** How it is told that items fail. */
export type PartialSuccess = Extract<FaultAction, { readonly _tag: "PartialSuccess" }>

/** Answers `POST /v2/fulfillments`. Any answer but 200 has created nothing. */
export const create = (state: State, request: CreateRequest): Answer =>
  state.unverified.has(request.account) ? unverified(request.requestId) : Either.match(readInputs(state, request), {
    onLeft: (answer) => answer,
    onRight: (inputs) => fulfill(state, request, inputs)
  })

const unverified = (requestId: string): Answer =>
  refusal(400, requestId, [{
    error_type: "account_status",
    error_code: "verification_failure",
    message: "The e-mail address of this account must be verified first."
  }])

const readInputs = (
  { emptyBatch, maxBatchSize }: State,
  { contentType, requestId, text }: CreateRequest
): Either.Either<ReadonlyArray<Wire.FulfillmentInput>, Answer> => {
  const refuse = (
    error_code: string,
    message: string,
    field?: { readonly field_name: string; readonly field_value?: string },
    status = 400
  ) => Either.left(refusal(status, requestId, [{ error_type: "validation", error_code, message, ...field }]))

  const body = text.trim() === "" ? Option.some(null) : parseJson(text)
  if (Option.isSome(body) && body.value === null) {
    return refuse("request_body_required", "Body of request cannot be null.")
  }
  if (!isJsonType(contentType)) {
    return refuse("unspecified", "The content type must be application/json.", undefined, 415)
  }
  if (Option.isNone(body)) return refuse("invalid_field_value", "Body of request is not JSON.")
  if (!Predicate.isRecord(body.value)) return refuse("invalid_field_value", "Body of request must be an object.")
  const field_name = "fulfillments"
  const items = body.value[field_name] ?? []
  if (!Array.isArray(items)) {
    return refuse("invalid_field_value", "fulfillments must be an array.", { field_name, field_value: asText(items) })
  }
  if (items.length === 0 && (emptyBatch === "refuse" || Predicate.isNullable(body.value[field_name]))) {
    return refuse("field_value_required", "fulfillments must hold at least one item.", { field_name })
  }
  if (items.length > maxBatchSize) {
    return refuse("invalid_field_value", `fulfillments must hold at most ${maxBatchSize} items.`, {
      field_name,
      field_value: `${items.length} items`
    })
  }
  const decoded = items.map(Wire.decodeInput)
  const errors = decoded.flatMap((item, index) =>
    Either.isLeft(item) ? item.left.map((issue) => fieldError(issue, `fulfillments[${index}]`)) : []
  )
  return errors.length === 0
    ? Either.right(decoded.flatMap((item) => Either.isRight(item) ? [item.right] : []))
    : Either.left(refusal(400, requestId, errors))
}

const parseJson = Option.liftThrowable((text: string): unknown => JSON.parse(text))

const isJsonType = (contentType: string | undefined): boolean =>
  contentType?.split(";", 1)[0]?.trim().toLowerCase() === "application/json"

const requiredFields: ReadonlySet<string> = new Set(["shipment_id", "tracking_number", "carrier_code"])

const fieldError = ({ field, reason, value }: Wire.InputIssue, item: string) => {
  const field_name = field === "" ? item : `${item}.${field}`
  const missing = value === undefined || value === null || value === ""
  return {
    error_type: "validation",
    error_code: missing && requiredFields.has(field)
      ? "field_value_required"
      : field === "shipment_id"
      ? "invalid_identifier"
      : "invalid_field_value",
    message: `${field_name} ${reason}.`,
    field_name,
    ...(missing ? {} : { field_value: asText(value) })
  }
}

const asText = (json: unknown): string => typeof json === "string" ? json : JSON.stringify(json)

type Verdict =
  | { readonly kind: "create"; readonly input: Wire.FulfillmentInput; readonly shipment: StoredShipment }
  | {
    readonly kind: "refuse" | "already fulfilled" | "fail"
    readonly input: Wire.FulfillmentInput
    readonly shipment: StoredShipment | undefined
    readonly message: string
  }

const fulfill = (
  state: State,
  { account, allows, now: created_at, partial, requestId }: CreateRequest,
  inputs: ReadonlyArray<Wire.FulfillmentInput>
): Answer => {
  const isAllowed = ({ input: { shipment_id } }: Verdict, index: number) =>
    allows({ index, shipmentId: shipment_id }, inputs.length)
  const judged = judge(state, account, inputs)
  const verdicts = partial === undefined ?
    judged :
    judged.map((verdict, index) => isAllowed(verdict, index) ? verdict : failed(verdict, partial))
  if (state.alreadyFulfilled === "400" || state.alreadyFulfilled === "409") {
    const errors = verdicts.flatMap((verdict) =>
      verdict.kind === "already fulfilled"
        ? [{ error_type: "business_rules", error_code: "invalid_status", message: verdict.message }]
        : []
    )
    if (errors.length > 0) return refusal(Number(state.alreadyFulfilled), requestId, errors)
  }
  for (const verdict of verdicts.filter(isAllowed)) {
    if (verdict.kind !== "create") continue
    const { input, shipment } = verdict
    commit(state, {
      ...asKnown(shipment),
      created_at,
      tracking_number: input.tracking_number,
      carrier_code: input.carrier_code,
      ship_date: input.ship_date ?? created_at,
      notify_customer: input.notify_customer ?? state.accountDefaultNotify.customer,
      notify_order_source: input.notify_order_source ?? state.accountDefaultNotify.orderSource
    })
  }
  const body: typeof CreateFulfillments.Response.Encoded = {
    has_errors: verdicts.some(({ kind }) => kind !== "create"),
    fulfillments: inResultOrder(state, verdicts).flatMap((verdict) => toResult(verdict, partial?.told))
  }
  return { status: 200, body }
}

/** An item that a fault lets fail. What the API itself wouldn't do stays as it is. */
const failed = (verdict: Verdict, { message = "It could not be fulfilled." }: PartialSuccess): Verdict =>
  verdict.kind === "create" ? { ...verdict, kind: "fail", message } : verdict

const toResult = (
  verdict: Verdict,
  told: PartialSuccess["told"]
): ReadonlyArray<typeof CreateFulfillments.Result.Encoded> => {
  if (verdict.kind === "fail" && told === "missing") return []
  const error_message = verdict.kind === "create" ? null : verdict.message
  return verdict.kind === "fail" && told === "without id"
    ? [{ error_message }]
    : [{ shipment_id: verdict.input.shipment_id, shipment_number: verdict.shipment?.shipment_number, error_message }]
}

const judge = (
  state: State,
  account: string,
  inputs: ReadonlyArray<Wire.FulfillmentInput>
): ReadonlyArray<Verdict> => {
  const claimed = new Set<string>()
  return inputs.map((input): Verdict => {
    const { carrier_code, shipment_id } = input
    const shipment = findShipment(state, account, shipment_id)
    if (shipment === undefined) {
      return { kind: "refuse", input, shipment, message: `Shipment ${shipment_id} was not found.` }
    }
    if (state.cancelled.has(shipment_id)) {
      return { kind: "refuse", input, shipment, message: `Shipment ${shipment_id} is cancelled.` }
    }
    if (!state.carriers.has(carrier_code)) {
      return { kind: "refuse", input, shipment, message: `Carrier ${carrier_code} is not set up on this account.` }
    }
    const fulfilled = claimed.has(shipment_id) ||
      fulfillmentsOf(state, shipment_id).some((fulfillment) => fulfillment.account === account && !fulfillment.voided)
    if (fulfilled && state.alreadyFulfilled !== "accept") {
      const message = `Shipment ${shipment_id} has already been fulfilled.`
      return { kind: "already fulfilled", input, shipment, message }
    }
    claimed.add(shipment_id)
    return { kind: "create", input, shipment }
  })
}
