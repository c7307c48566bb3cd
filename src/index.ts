// What a project imports: everything a kingpost.config.ts needs, and nothing else. Rules say who may do what; filters
// are what its own operations ask the database with.

export {
  actorCartToken,
  actorId,
  all,
  any,
  anyone,
  becomes,
  changed,
  exists,
  nobody,
  not,
  type Rule,
  recently,
  role,
  signedIn,
  staff,
  through,
  was,
  where,
} from './access/rule.ts'
export { parseDecimal, renderDecimal } from './base/decimal.ts'
export { EngineError } from './base/engine-error.ts'
export { defineErrors, ProjectError } from './base/project-error.ts'
export { euRates, euRegions } from './config/eu-taxes.ts'
export { bankTransfer, cashOnDelivery, invoice, mollie, paypal, sandbox, stripe } from './config/payment-makers.ts'
export { apple, github, google, microsoft, oidc } from './config/sign-in-providers.ts'
export { compare, eq, type Filter, has, isNull, oneOf } from './contract/filter.ts'
export type { ChangesOf, NewRecordOf, RecordOf } from './contract/record-types.ts'
export { Type } from './contract/type.ts'
export { categories } from './domains/catalog/categories.ts'
export { shippingMethods } from './domains/catalog/collections.ts'
export { products, productsWith } from './domains/catalog/products.ts'
export { variants, variantsWith } from './domains/catalog/variants.ts'
export { defineMail } from './domains/emails/define-mail.ts'
export { defineBackend } from './engine/backend.ts'
export { defineEffect } from './extend/define-effect.ts'
export { defineSchedule } from './extend/define-schedule.ts'
export { after, before } from './extend/hook.ts'
export { and, or } from './extend/own-filter.ts'
export { command, query } from './extend/own-operation.ts'
export { defineSecret } from './extend/own-secret.ts'
export { emails, orders, ordersWith, payments, refunds, stockLevels, users } from './extend/system-collections.ts'
export { collection } from './schema/collection.ts'
export { field } from './schema/field.ts'
