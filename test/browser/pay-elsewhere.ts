// Buying a book in the bookshop, paid on a page of the sandbox that stands for a real provider.
import type { Visitor } from './browser.ts'

/** To the page where it is paid. `method`: by the value of its choice. */
export async function checkOut({ page }: Visitor, method: string): Promise<void> {
  await page.goto('/books/emma')
  await page.getByRole('button', { name: 'Add to cart' }).click()
  await page.getByRole('link', { name: 'Go to cart' }).waitFor()
  await page.goto('/checkout')
  await page.getByLabel('E-mail').fill('ada@mail.example')
  await page.getByLabel('Full name').fill('Ada Lovelace')
  await page.getByLabel('Street and number').fill('12 St James Square')
  await page.getByLabel('Postcode').fill('10115')
  await page.getByLabel('Town').fill('Berlin')
  await page.getByLabel('Country').selectOption('DE')
  await page.locator(`input[name=method][value="${method}"]`).check()
  await page.getByRole('button', { name: /^Pay/ }).click()
  await page.getByRole('heading', { name: 'Confirm your payment' }).waitFor()
}

export async function watchItPaid({ page }: Visitor): Promise<void> {
  await page.locator('[data-payment-status=paid]').waitFor()
  await page.getByRole('heading', { name: 'Thank you, your order is paid' }).waitFor()
}
