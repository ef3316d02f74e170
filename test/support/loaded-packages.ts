import { execFileSync } from 'node:child_process'
import { pathOf } from './pages.ts'

/** The packages that a fresh Node loads when it imports a file of the repository. */
export function loadedPackages(file: string): string[] {
  const tellPackages = `import { registerHooks } from 'node:module'
    registerHooks({ load: (url, context, next) => (url.includes('/node_modules/') && console.log(url), next(url, context)) })
    await import(${JSON.stringify(pathOf(file))})`
  const text = execFileSync(process.execPath, ['--input-type=module', '--eval', tellPackages], { encoding: 'utf8' })
  return [...new Set([...text.matchAll(/\/node_modules\/((?:@[^/]+\/)?[^/]+)/g)].map(([, name]) => name as string))]
}
