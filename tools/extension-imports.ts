import { registerHooks } from 'node:module';
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
      if (specifier === 'meanwhile' && context.parentURL?.startsWith(inside)) {
        return { url: index, shortCircuit: true };
      }
      const resolved = next(specifier, context);
      return resolved.url.startsWith(inside) && resolved.url.endsWith('.ts')
        ? { ...resolved, format: resolved.format ?? 'module-typescript' }
        : resolved;
    },
  });
}

const index = new URL('../index.ts', import.meta.url).href;
const opened = new Set<string>();
