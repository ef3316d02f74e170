/** What a key may do; every route names the one that it needs. */
export const scopes = ['predict', 'models:read', 'models:write', 'features:read', 'market:write', 'audit:read', 'keys:admin', 'ops:read'] as const

/** One of `scopes`. */
export type Scope = (typeof scopes)[number]

/** True if the text names a scope. */
export const isScope = (text: string): text is Scope => (scopes as readonly string[]).includes(text)
