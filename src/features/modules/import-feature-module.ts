import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { registerHooks, type LoadFnOutput } from 'node:module'
import { basename, extname } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ServingError } from '../../contracts/error.ts'
import { firstLine } from '../../contracts/first-line.ts'

/** A module that was imported: what it exports, and the SHA-256 of the bytes that ran. */
export type FeatureModule = { readonly exports: Readonly<Record<string, unknown>>; readonly sha256: string }

const refuse = (file: string, why: string, cause?: unknown): ServingError => new ServingError('validation_failed', `${file}: ${why}`, { cause })
const isTypeScript = (file: string): boolean => /^\.m?ts$/.test(extname(file))

function importFailure(file: string, error: unknown): ServingError {
  if (error instanceof ServingError) return error
  const { code = '' } = error as { readonly code?: string }
  const fix = code.endsWith('TYPESCRIPT_SYNTAX')
    ? 'Node runs TypeScript whose types can be erased; write enums, namespaces and parameter properties in JavaScript.'
    : `Run it with Node by itself to see more: node ${basename(file)}`
  return refuse(file, `cannot be imported: ${firstLine(error)}. ${fix}`, error)
}

/** The work, or an error once nothing is left in the process that could bring it on. */
async function unlessIdle<T>(work: Promise<T>): Promise<T> {
  const idle = Promise.withResolvers<never>()
  const give = (): void => idle.reject(new Error('its top level waits for what never comes'))
  process.once('beforeExit', give)
  return Promise.race([work, idle.promise]).finally(() => process.off('beforeExit', give))
}

/**
 * Imports one file as an ES module: the bytes that are hashed are those that run, and it can import nothing but types, so that the hash covers all of its code. Throws `validation_failed` with what to do.
 */
export async function importFeatureModule(file: string): Promise<FeatureModule> {
  const source = readFileSync(file)
  const sha256 = hash('sha256', source)
  const href = `${pathToFileURL(file).href}?sha256=${sha256}`
  const hooks = registerHooks({
    resolve(specifier, context, next) {
      if (specifier === href) return { url: href, shortCircuit: true }
      if (context.parentURL !== href) return next(specifier, context)
      throw refuse(
        file,
        `imports ${specifier}. A module of features imports types only (import type …): all of its code stands in one file, whose hash is part of every digest.`,
      )
    },
    load(url, context, next): LoadFnOutput {
      if (url !== href) return next(url, context)
      return { format: isTypeScript(file) ? 'module-typescript' : 'module', source, shortCircuit: true }
    },
  })
  try {
    return { exports: { ...(await unlessIdle<object>(import(href))) }, sha256 }
  } catch (error) {
    throw importFailure(file, error)
  } finally {
    hooks.deregister()
  }
}
