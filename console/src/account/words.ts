/** In which language the pages below /account speak. */

import { english, type Words } from './words-english.ts'
import { german } from './words-german.ts'

export type { Words }

/** The first language of somebody's wishes that there is. */
export function wordsFor(wishes: readonly string[]): Words {
  const wished = wishes.map((wish) => wish.toLowerCase().split('-')[0]).find((language) => language === 'de' || language === 'en')
  return wished === 'de' ? german : english
}
