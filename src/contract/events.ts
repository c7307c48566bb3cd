/** Something that happened, in the past tense: `order.placed`. engine/reactions.ts says what follows from it. */
export type DomainEvent = { readonly type: string } & Readonly<Record<string, unknown>>
