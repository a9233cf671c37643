/**
 * Is it from ShipStation?
 *
 * @since 0.1.0
 */
export * as Webhook from "./Webhook.js"

/**
 * Why a webhook isn't taken, or not yet.
 *
 * @since 0.1.0
 */
export * as WebhookError from "./WebhookError.js"

/**
 * What ShipStation tells of.
 *
 * @since 0.1.0
 */
export * as WebhookEvent from "./WebhookEvent.js"

/**
 * The public keys that webhooks are signed with.
 *
 * @since 0.1.0
 */
export * as WebhookKeys from "./WebhookKeys.js"

/**
 * An HTTP app that takes webhooks.
 *
 * @since 0.1.0
 */
export * as Webhooks from "./Webhooks.js"
