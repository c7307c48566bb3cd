// Names of what is done: hooks, effects, schedules and operations. The log, the console and the audit sort by the noun.

/** A noun and a verb with a dot between them, such as `comments.checkWords`. The start looks at its letters. */
export type OwnName = `${string}.${string}`
