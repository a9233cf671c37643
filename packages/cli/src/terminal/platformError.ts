import type { PlatformError } from "@effect/platform/Error"

/** What the system says, in plain words. */
export const describePlatformError = (error: PlatformError): string => {
  if (error._tag === "BadArgument") return error.message
  switch (error.reason) {
    case "NotFound":
      return "no such file or directory"
    case "PermissionDenied":
      return "permission denied"
    default:
      return error.description ?? error.reason
  }
}
