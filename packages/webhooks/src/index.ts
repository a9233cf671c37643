/** Is it from ShipStation? */
export * as Webhook from "./Webhook.js"

/** Why a webhook isn't taken, or not yet. */
export * as WebhookError from "./WebhookError.js"

/** What ShipStation tells of. */
export * as WebhookEvent from "./WebhookEvent.js"

/** The public keys that webhooks are signed with. */
export * as WebhookKeys from "./WebhookKeys.js"

/** An HTTP app that takes webhooks. */
export * as Webhooks from "./Webhooks.js"
