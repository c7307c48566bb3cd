/**
 * Types of the one library the console uses: htm 3.1.1's `preact/standalone.module.js`, served as
 * /console/vendor/htm-preact.js. Written by hand because the package types its parts against a
 * `preact` package that is not installed. Only what the console uses stands here.
 */
export interface VNode {
  readonly type: unknown
  readonly props: unknown
  readonly key: unknown
}
export type View = VNode | VNode[] | string | number | boolean | null | undefined | View[]
export interface Ref<T> {
  current: T
}
export interface Context<T> {
  readonly Provider: (props: { value: T; children?: View }) => VNode
  readonly Consumer: unknown
}
export type Update<S> = S | ((previous: S) => S)
export type Dependencies = readonly unknown[]

export function html(strings: TemplateStringsArray, ...values: unknown[]): VNode
export function h(type: unknown, props: unknown, ...children: unknown[]): VNode
export function render(tree: View, parent: Element): void
export class Component<P = unknown, S = unknown> {
  props: P & { children?: View }
  state: S
  constructor(props: P)
  setState(update: Partial<S> | ((previous: S) => Partial<S>)): void
  forceUpdate(): void
  componentDidCatch?(error: unknown): void
  render(): View
}
export function createContext<T>(value: T): Context<T>
export function useState<S>(initial: S | (() => S)): [S, (update: Update<S>) => void]
export function useReducer<S, A>(reduce: (state: S, action: A) => S, initial: S): [S, (action: A) => void]
export function useEffect(run: () => undefined | (() => void), dependencies?: Dependencies): void
export function useLayoutEffect(run: () => undefined | (() => void), dependencies?: Dependencies): void
export function useRef<T>(initial: T): Ref<T>
export function useMemo<T>(compute: () => T, dependencies: Dependencies): T
export function useCallback<T>(callback: T, dependencies: Dependencies): T
export function useContext<T>(context: Context<T>): T
export function useErrorBoundary(report?: (error: unknown) => void): [unknown, () => void]
