/** The same without some of its fields. */
export const withoutFields = (
  self: Readonly<Record<string, unknown>>,
  names: ReadonlyArray<string>
): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(self).filter(([name]) => !names.includes(name)))
