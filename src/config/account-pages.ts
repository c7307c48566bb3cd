/** The pages for people and their accounts that are there without a line of a project. Links in mails lead to some of them. */
export const accountPages = [
  '/account',
  '/account/security',
  '/account/sign-in',
  '/account/register',
  '/account/verify',
  '/account/reset',
  '/account/magic',
  '/account/code',
  '/account/email',
  '/account/undo',
  '/account/keep',
  '/account/invitation',
  '/account/pay',
] as const
export type AccountPage = (typeof accountPages)[number]
