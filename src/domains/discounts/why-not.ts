// Why a code takes nothing: a word for programs, a sentence for people. A code that is unknown, paused, over, not begun or for others has
// one answer: whoever tries codes learns nothing of those that are not for them.
const sentences = {
  unavailable: () => 'This code cannot be used now.',
  used_up: () => 'This code was used as often as it can be.',
  used_by_customer: () => 'You have used this code as often as you can.',
  not_first_order: () => 'This code is for a first order.',
  other_currency: ({ currency, of }) => `This code is for prices in ${of}, and the cart is in ${currency}.`,
  nothing_matches: () => 'Nothing in the cart is what this code is for.',
  minimum_quantity: ({ missing, minimum }) => `This code asks for ${minimum} of what it is for: ${missing} more.`,
  minimum_sum: ({ missing, minimum }) => `This code asks for ${minimum} of what it is for: ${missing} more.`,
  no_shipping: () => 'This code is for the shipping: choose how it is sent.',
  not_combined: ({ with: others }) => `This code does not go together with ${others}, which takes more.`,
  nothing_left: () => 'Nothing is left that this code could take off.',
} as const satisfies Readonly<Record<string, (params: Params) => string>>

type Params = Readonly<Record<string, string | number>>
export type WhyNotCode = keyof typeof sentences
export type WhyNot = { readonly code: WhyNotCode; readonly message: string }

export const whyNotCodes = Object.keys(sentences) as readonly WhyNotCode[]

export function whyNot(code: WhyNotCode, params: Params = {}): WhyNot {
  return { code, message: sentences[code](params) }
}
