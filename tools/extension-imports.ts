import { registerHooks } from 'node:module';
import { extname } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * Lets the files in a team's folder import 'meanwhile'. They may be anywhere, without node_modules and often without a
 * package.json, so Node would not find the package, and could determine the module format only with a warning.
 */
export function openToExtensions(folder: string): void {
  const inside = `${pathToFileURL(folder).href}/`;
  if (opened.has(inside)) return;
  opened.add(inside);
  registerHooks({
    resolve(specifier, context, next) {
      const own = MODULES.get(specifier);
      if (own !== undefined && context.parentURL?.startsWith(inside)) {
        return { url: own, shortCircuit: true };
      }
      const resolved = next(specifier, context);
      return resolved.url.startsWith(inside) && resolved.url.endsWith('.ts')
        ? { ...resolved, format: resolved.format ?? 'module-typescript' }
        : resolved;
    },
  });
}

const here = (path: string) =>
  new URL(`${path}${extname(import.meta.filename)}`, import.meta.url).href;

/** As package.json exports them. */
const MODULES: ReadonlyMap<string, string> = new Map([
  ['meanwhile', here('../index')],
  ['meanwhile/client', here('../client/index')],
]);
const opened = new Set<string>();
