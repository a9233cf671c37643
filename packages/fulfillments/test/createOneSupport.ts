/** What the tests of `createOne` share. */
import { Fulfillments } from "@effect-shipstation/fulfillments"
import type { Fulfillment } from "@effect-shipstation/schema"
import { Cause, Context, Effect, Exit, Fiber, Layer, Option, Scope } from "effect"
import { type Behaviour, makeServer } from "./createAllSupport.js"
import { input } from "./support.js"

/** The service, over a server that does whatever it is asked to, however often. */
export const serve = (behaviour?: Behaviour) =>
  Effect.gen(function*() {
    const server = yield* makeServer(behaviour)
    const scope = yield* Scope.make()
    const context = yield* Layer.buildWithScope(server.layer, scope)
    return { ...server, ...Context.get(context, Fulfillments.Fulfillments), close: Scope.close(scope, Exit.void) }
  })

/** Of the service in the context. */
export const createOneIn = (input: Fulfillment.FulfillmentInput) =>
  Effect.flatMap(Fulfillments.Fulfillments, ({ createOne }) => createOne(input))

/** Another input for the same shipment. */
export const other = (n: number) => input(n, { tracking_number: "other" })

/** What a caller knows, in a word. */
export const ending = <A extends { readonly _tag: string }, E extends { readonly _tag: string }>(
  exit: Exit.Exit<A, E>
) =>
  Exit.match(exit, {
    onSuccess: ({ _tag }): string => _tag,
    onFailure: (cause) =>
      Option.match(Cause.failureOption(cause), {
        onNone: () => Cause.isInterruptedOnly(cause) ? "interrupted" : "died",
        onSome: ({ _tag }) => _tag
      })
  })

/** What callers know by now. */
export const endings = <A extends { readonly _tag: string }, E extends { readonly _tag: string }>(
  fibers: ReadonlyArray<Fiber.RuntimeFiber<A, E>>
) =>
  Effect.forEach(
    fibers,
    (fiber) => Effect.map(Fiber.poll(fiber), Option.match({ onNone: () => "waits", onSome: ending }))
  )
