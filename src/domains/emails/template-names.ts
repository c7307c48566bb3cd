// What a template fills in, read by the compiler: a name that the data does not have is red in the editor. At the start
// engine/config-check looks at the same; this knows texts that stand in the declaration alone. Like there, what stands within a
// section is not looked at: it may be of the section's own value.

/** `TText`, or the sentence that says what is wrong in it. */
export type Filled<TText extends string, TKnown extends string> = string extends TText
  ? TText
  : Misspelt<TText, TKnown | 'shop'> extends infer TName extends string
    ? [TName] extends [never]
      ? TText
      : `{{${TName}}} is nothing that data has`
    : TText

/** The first name that is none. `TDepth`: the sections that are open. */
type Misspelt<
  TText extends string,
  TKnown extends string,
  TDepth extends readonly unknown[] = [],
> = TText extends `${string}{{${infer TTag}}}${infer TRest}`
  ? Trimmed<TTag> extends `#${infer TName}`
    ? TDepth['length'] extends 0
      ? Unless<Trimmed<TName>, TKnown, Misspelt<TRest, TKnown, [1]>>
      : Misspelt<TRest, TKnown, [...TDepth, 1]>
    : Trimmed<TTag> extends `^${infer TName}`
      ? TDepth['length'] extends 0
        ? Unless<Trimmed<TName>, TKnown, Misspelt<TRest, TKnown, [1]>>
        : Misspelt<TRest, TKnown, [...TDepth, 1]>
      : Trimmed<TTag> extends `/${string}`
        ? Misspelt<TRest, TKnown, TDepth extends readonly [unknown, ...infer TOuter] ? TOuter : []>
        : Trimmed<TTag> extends `${'!' | '>' | '='}${string}`
          ? Misspelt<TRest, TKnown, TDepth>
          : TDepth['length'] extends 0
            ? Unless<Plain<Trimmed<TTag>>, TKnown, Misspelt<TRest, TKnown, TDepth>>
            : Misspelt<TRest, TKnown, TDepth>
  : never

/** `{name` of `{{{name}}}`, and `&name`: not escaped. */
type Plain<TTag extends string> = TTag extends `${'{' | '&'}${infer TName}` ? Trimmed<TName> : TTag

type Unless<TName extends string, TKnown extends string, TElse> = string extends TName
  ? TElse
  : TName extends '.' | TKnown | `${TKnown}.${string}`
    ? TElse
    : TName

type Space = ' ' | '\n' | '\t'
type Trimmed<T extends string> = T extends `${Space}${infer R}` ? Trimmed<R> : T extends `${infer R}${Space}` ? Trimmed<R> : T
