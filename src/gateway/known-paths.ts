import type { Route } from './route.ts'

/** Which methods a path takes, for paths that fit some route; to tell 405 from 404. */
export class KnownPaths {
  readonly #patterns: { readonly pattern: RegExp; readonly methods: readonly string[] }[]
  constructor(routes: readonly Pick<Route, 'method' | 'path'>[]) {
    const byPath = Map.groupBy(routes, ({ path }) => path)
    this.#patterns = [...byPath].map(([path, same]) => ({
      pattern: new RegExp(`^${path.replaceAll('.', '\\.').replace(/:[a-z]+/g, '[^/]+')}$`),
      methods: [...same.flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method])), 'OPTIONS'],
    }))
  }

  /** The value of an Allow header; undefined if no route has such a path. */
  allow(path: string): string | undefined {
    const methods = this.#patterns.filter(({ pattern }) => pattern.test(path)).flatMap((known) => known.methods)
    return methods.length === 0 ? undefined : [...new Set(methods)].join(', ')
  }
}
