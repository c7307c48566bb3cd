/**
 * Owns making elements. Text goes in as text nodes only, never as markup: what a customer or a book says cannot
 * become a script.
 */

type Child = Node | string | number | null | undefined | false | readonly Child[]
type Attributes = Record<string, string | number | boolean | undefined | ((event: Event) => void)>

/** `on…` functions become listeners; `true` is a bare attribute; `false` and undefined leave it out. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag)
  setAttributes(element, attributes)
  append(element, children)
  return element
}

export function svg(tag: string, attributes: Attributes = {}, ...children: readonly Child[]) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag)
  setAttributes(element, attributes)
  append(element, children)
  return element
}

function setAttributes(element: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name.slice(2), value)
    else if (value !== undefined && value !== false) {
      element.setAttribute(name, value === true ? '' : String(value))
    }
  }
}

function append(parent: Node, children: readonly Child[]): void {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue
    if (isList(child)) append(parent, child)
    else parent.appendChild(child instanceof Node ? child : document.createTextNode(String(child)))
  }
}

function isList(child: Child): child is readonly Child[] {
  return Array.isArray(child)
}

/** An element of index.html. It is there, or the page is broken. */
export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  const element = document.getElementById(id)
  if (element === null) throw new Error(`index.html has no #${id}`)
  return element as T
}

/** Tells readers of screens what eyes can see already. */
export function announce(text: string): void {
  byId('spoken').textContent = text
}

const TOAST_MS = 6_000
let toastTimer: ReturnType<typeof setTimeout> | undefined
/** For news without a place of its own on the page. */
export function showToast(text: string): void {
  const toast = byId('toast')
  toast.textContent = text
  toast.classList.add('is-shown')
  clearTimeout(toastTimer)
  toastTimer = setTimeout(() => toast.classList.remove('is-shown'), TOAST_MS)
}
