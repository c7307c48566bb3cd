// What must hold of the catalogue: the tree of categories is one, and variants have values that their product offers.

import { type Category, categories, idsOnPath, pathOf } from '../../domains/catalog/categories.ts'
import { optionKeyOf, optionsMistake } from '../../domains/catalog/options.ts'
import { products } from '../../domains/catalog/products.ts'
import { variants } from '../../domains/catalog/variants.ts'
import { type InvariantGroup, pagesOf, type VerifyContext } from '../invariant.ts'

export const catalogueInvariants: InvariantGroup = {
  needs: ['categories', 'products', 'variants'],
  invariants: {
    'catalogue.category_paths': 'The path of a category is that of its parent and its own id: no category stands below itself.',
    'catalogue.options_fit': 'A variant has a value of each option of its product, and the key that these values make.',
  },
  async check(context) {
    await checkPaths(context)
    await checkOptions(context)
  },
}

async function checkPaths(context: VerifyContext): Promise<void> {
  for await (const page of pagesOf(context, categories)) {
    const above = await context.read.getMany(
      categories,
      page.flatMap(({ parent }) => parent ?? []),
    )
    const byId = new Map(above.map((one) => [one.id, one]))
    for (const category of page) {
      const wanted = wantedPath(category, byId.get(category.parent ?? ''))
      const path = pathOf(category)
      const isCircle = new Set(idsOnPath(path)).size < idsOnPath(path).length
      if (path !== wanted || isCircle)
        context.report('catalogue.category_paths', [`categories/${category.id}`], `its path is ${path}, by its parent it is ${wanted}`)
    }
  }
}

function wantedPath({ id, parent }: Category, above: Category | undefined): string {
  return parent === null || above === undefined ? `/${id}/` : `${pathOf(above)}${id}/`
}

async function checkOptions(context: VerifyContext): Promise<void> {
  for await (const page of pagesOf(context, variants)) {
    const having = page.filter(({ options, optionKey }) => (options ?? null) !== null || (optionKey ?? null) !== null)
    if (having.length === 0) continue
    const found = await context.read.getMany(
      products,
      having.map(({ product }) => product),
    )
    const byId = new Map(found.map((one) => [one.id, one]))
    for (const { id, product, options, optionKey } of having) {
      const mistake = optionsMistake(byId.get(product)?.options ?? null, options)
      const isOtherKey = optionKeyOf(options) !== (optionKey ?? null)
      if (mistake !== null || isOtherKey)
        context.report('catalogue.options_fit', [`variants/${id}`], mistake ?? 'its key is that of other values')
    }
  }
}
