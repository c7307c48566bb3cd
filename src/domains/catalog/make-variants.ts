import { staff } from '../../access/rule.ts'
import { EngineError, invalid } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import type { Money } from '../../base/money.ts'
import { eq } from '../../contract/filter.ts'
import { Type } from '../../contract/type.ts'
import { type Command, type CommandContext, command, type Operation } from '../../operation/define.ts'
import { moneySchema } from '../../schema/kinds/money.ts'
import type { CollectionModel } from '../../schema/model.ts'
import { writableFields } from '../../schema/wire.ts'
import { findAll } from '../../storage/find-all.ts'
import { combinationsOf, countCombinations, type OptionValues, optionKeyOf } from './options.ts'
import { type Product, products } from './products.ts'
import { variants } from './variants.ts'

/**
 * `POST /api/products/{id}/variants`: one for each combination of the product's options that has none yet. Asked again it makes
 * nothing. `create`: the operation that makes one, with what a project has before and after it.
 */
export function makeVariants(create: Command): Operation {
  return command({
    name: 'products.makeVariants',
    route: 'POST /api/products/:id/variants',
    summary: 'Make the variants that are missing of the options',
    tag: 'Products',
    scope: 'variants:write',
    input: Type.Object(
      {
        id: Type.String({ maxLength: limits.idCharactersMax }),
        price: Type.Unsafe<Money>({ ...moneySchema, description: 'Of each that is made.' }),
        skuPrefix: Type.Optional(
          Type.String({ minLength: 1, maxLength: limits.skuPrefixCharacters, description: 'The slug of the product when left out.' }),
        ),
      },
      { additionalProperties: false, examples: [{ price: { amount: 1999, currency: 'EUR' }, skuPrefix: 'SHIRT' }] },
    ),
    output: Type.Object(
      { made: Type.Array(Type.String()), variants: Type.Integer({ description: 'How many the product has now.' }) },
      { title: 'MadeVariants' },
    ),
    errors: ['not_found', 'already_exists'],
    access: staff,
    async run(context) {
      const { tx, input, project, model } = context
      // Two at once: the second finds what the first has made.
      const product = await tx.lock(products, input.id, 'exclusive')
      if (product === null) throw new EngineError('not_found')
      checkPrice(input.price, project.shop?.currency)
      checkNeeds(model.get(variants))
      const all = checkedCombinations(product)
      const there = await findAll(tx, variants, eq('product', product.id))
      const known = new Set(there.map(({ options }) => optionKeyOf(options)))
      const made: string[] = []
      for (const options of all.filter((one) => !known.has(optionKeyOf(one)))) {
        const given = variantOf(context, product, { options, position: there.length + made.length })
        const { output } = await create.run({ ...context, input: given })
        made.push((output as { id: string }).id)
      }
      return { output: { made, variants: there.length + made.length } }
    },
  })
}

type Asked = { readonly price: Money; readonly skuPrefix?: string }
type Place = { readonly options: OptionValues; readonly position: number }

/** @throws validation_failed in another currency than the shop's, below zero, or more than a cart counts */
function checkPrice({ amount, currency }: Money, own: string | undefined): void {
  if (currency !== own) throw invalid('/price/currency', 'enum', `must be ${own}`)
  if (amount < 0) throw invalid('/price/amount', 'minimum', 'must be at least 0')
  if (amount > limits.cartAmountMax) throw invalid('/price/amount', 'maximum', `must be ${limits.cartAmountMax} or less`)
}

/** What is made has what is given here and nothing else. @throws validation_failed where the project asks for more of each variant */
function checkNeeds(collection: CollectionModel): void {
  const own = new Set(Object.keys(variants.fields))
  const missing = writableFields(collection).filter(({ name, field }) => !own.has(name) && field.required && field.default === undefined)
  if (missing.length > 0)
    throw invalid('/id', 'required', `needs variants with ${missing.map(({ name }) => name).join(', ')}: make them one by one`)
}

/** @throws validation_failed for a product without options, and for more than one operation makes */
function checkedCombinations({ options }: Product): OptionValues[] {
  if (options === null || options.length === 0) throw invalid('/id', 'options', 'has no options: give it some first')
  const count = countCombinations(options)
  if (count > limits.variantsMadeMax)
    throw invalid('/id', 'too_many', `would have ${count} variants: at most ${limits.variantsMadeMax} are made of options`)
  return combinationsOf(options)
}

function variantOf({ input }: Pick<CommandContext<Asked>, 'input'>, { id, slug }: Product, { options, position }: Place) {
  const values = Object.values(options)
  return { product: id, sku: skuOf(input.skuPrefix ?? slug, values), title: values.join(', '), price: input.price, options, position }
}

/** `SHIRT-S-RED`; cut where it would be longer than one may be. */
function skuOf(prefix: string, values: readonly string[]): string {
  const parts = values.map((value) => value.trim().replace(/\s+/g, '-').toUpperCase())
  return [prefix.slice(0, limits.skuPrefixCharacters), ...parts].join('-').slice(0, limits.skuCharacters)
}
