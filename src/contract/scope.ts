// What a role or an API key is for, by name. Types alone: a config has them in the browser, too.

/** `orders:read`, `*:read`, `orders.cancel` */
export type Scope = `${string}:read` | `${string}:write` | `${string}.${string}`
/** Scopes by the name of a role. */
export type StaffRoles = Readonly<Record<string, readonly string[]>>
