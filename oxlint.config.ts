import { defineConfig } from 'oxlint';
import { importOverrides } from './docs/imports.ts';

export default defineConfig({
  plugins: ['typescript', 'unicorn', 'oxc', 'import', 'promise', 'node'],
  categories: { correctness: 'error', suspicious: 'error' },
  rules: {
    'typescript/no-floating-promises': 'error',
    'typescript/no-misused-promises': 'error',
    'typescript/await-thenable': 'error',
    'typescript/switch-exhaustiveness-check': [
      'error',
      { considerDefaultExhaustiveForUnions: true },
    ],
    'typescript/consistent-type-imports': 'error',
    'no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^[_$]' }],
    'import/no-cycle': ['error', { ignoreTypes: false }],
    // Only config.ts reads the environment.
    'node/no-process-env': 'error',

    'import/no-named-as-default-member': 'off',
    'import/no-unassigned-import': 'off',
    'no-await-in-loop': 'off',
    'no-console': 'off',
    'no-shadow': 'off',
    'no-underscore-dangle': ['error', { allow: ['_meta'] }],
    'no-unmodified-loop-condition': 'off',
    'oxc/no-async-endpoint-handlers': 'off',
    'promise/always-return': 'off',
    'typescript/consistent-return': 'off',
    'typescript/no-base-to-string': 'off',
    'typescript/no-unsafe-type-assertion': 'off',
    'typescript/unbound-method': 'off',
    'unicorn/consistent-function-scoping': 'off',
    'unicorn/no-array-sort': 'off',
    'unicorn/no-useless-spread': 'off',
    'unicorn/require-post-message-target-origin': 'off',
  },
  overrides: [
    ...importOverrides(),
    {
      files: ['**/*.test.ts'],
      rules: { 'no-restricted-imports': 'off' },
    },
    {
      files: [
        'config.ts',
        // Adds Node's own variable to the environment of a thread.
        'threads/lean-thread.ts',
        // Hands a program the variables that its tool names, and uses none itself.
        'tools/keeper/environment.ts',
        // The program of an MCP call: its keeper hands it the call.
        'mcp/client/call-program.ts',
        'mcp/client/warm/host-program.ts',
        // Programs of their own, and what starts programs with an environment of the test's choice.
        'docs/examples/**',
        'examples/**',
        'test/**',
        '**/*.test.ts',
      ],
      rules: { 'node/no-process-env': 'off' },
    },
  ],
  ignorePatterns: ['dist', '.meanwhile'],
});
