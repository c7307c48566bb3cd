import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Asked, recipeOf } from './picture-recipe.ts'

const side = fc.integer({ min: 1, max: 4_096 })
const picture = fc.record({ width: fc.integer({ min: 1, max: 20_000 }), height: fc.integer({ min: 1, max: 20_000 }) })

test('a smaller picture is as large as asked or as the original, less than half as large again, and never larger than that', () => {
  fc.assert(
    fc.property(picture, side, fc.boolean(), (original, asked, isWidth) => {
      const { width, height } = recipeOf(isWidth ? { w: asked } : { h: asked }, { type: 'image/png', ...original })
      const [made, whole] = isWidth ? [width, original.width] : [height, original.height]
      assert.ok(width <= original.width && height <= original.height)
      assert.ok(made >= Math.min(asked, whole) && made <= Math.min(whole, Math.max(32, asked * 1.5)), `${made} of ${asked}`)
    }),
  )
})

test('a box has the ratio that was asked for, and no side is longer than the picture can fill', () => {
  fc.assert(
    fc.property(picture, side, side, fc.constantFrom('cover', 'contain'), (original, w, h, fit) => {
      const { width, height } = recipeOf({ w, h, fit }, { type: 'image/png', ...original })
      // Within the pixel that sides are rounded to.
      assert.ok(Math.abs(width - (height * w) / h) <= 0.5 + (0.5 * w) / h || width === 1 || height === 1, `${width}x${height} of ${w}x${h}`)
      const over = [width - original.width, height - original.height]
      assert.ok((fit === 'cover' ? Math.max(...over) : Math.min(...over)) < 1, `${over}`)
      assert.ok(Math.max(width, height) <= 4_096)
    }),
  )
})

test('what a picture is filled up with may reach beyond one of its sides', () => {
  const made = recipeOf({ w: 1, h: 4_096, fit: 'contain' }, { type: 'image/png', width: 400, height: 600 })
  assert.deepEqual([made.width, made.height], [1, 4_096])
})

test('there are few sizes of one picture within a box, whatever is asked', () => {
  for (const original of [
    { width: 6_000, height: 4_000 },
    { width: 900, height: 4_000 },
  ]) {
    const all = new Set<string>()
    const see = (asked: Asked) => {
      const { width, height } = recipeOf(asked, { type: 'image/jpeg', ...original })
      all.add(`${width}x${height}`)
    }
    for (let one = 1; one <= 4_096; one += 7) {
      see({ w: one })
      see({ h: one, fit: 'cover' })
      for (let other = 1; other <= 4_096; other += 113) see({ w: one, h: other, fit: 'inside' })
    }
    assert.ok(all.size <= 30, `${all.size}`)
  }
})
