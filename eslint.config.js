import js from '@eslint/js';
import globals from 'globals';
import svelte from 'eslint-plugin-svelte';
import tseslint from 'typescript-eslint';

/**
 * The rooms of server/, and what each may import. Data goes one way (see server/README.md): a room knows the rooms
 * before it and never those after it. `contract`, `language`, `python` and `errors.ts` are for everyone. `commands` is not among them:
 * like app.ts it puts rooms together, and may import every one.
 */
const rooms = {
  contract: [],
  language: [],
  python: [],
  config: [],
  brokers: [],
  celery: ['brokers'],
  domain: ['celery'],
  ingest: ['brokers', 'celery', 'domain'],
  store: ['celery', 'domain', 'ingest'],
  query: ['celery', 'domain', 'store'],
  control: ['brokers', 'celery'],
  export: [],
  live: ['domain', 'query'],
  auth: [],
  http: ['auth', 'control', 'export', 'live', 'query'],
};

const roomRules = Object.entries(rooms).map(([room, mayImport]) => {
  const forbidden = [...Object.keys(rooms), 'threads', 'commands'].filter(
    (other) => other !== room && !['contract', 'language', 'python'].includes(other) && !mayImport.includes(other),
  );
  const patterns = [
    {
      regex: `^\\.\\./(?:\\.\\./)*(?:${forbidden.join('|')})/`,
      message: `The ${room} room may not import that room; see eslint.config.js.`,
    },
    { regex: '^\\.\\./(?:\\.\\./)*(?:app|main)\\.ts$', message: 'Only the composition roots know the whole house.' },
  ];
  return { files: [`server/${room}/**/*.ts`], rules: { 'no-restricted-imports': ['error', { patterns }] } };
});

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', 'migrations/', 'coverage/', 'test/fixtures/', '.cache/'] },
  js.configs.recommended,
  ...tseslint.configs.recommendedTypeChecked,
  ...svelte.configs.recommended,
  {
    languageOptions: {
      globals: globals.node,
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname, extraFileExtensions: ['.svelte'] },
    },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // An async method of an interface may have nothing to wait for; it still has to reject, not throw.
      '@typescript-eslint/require-await': 'off',
      eqeqeq: ['error', 'always'],
    },
  },
  {
    files: ['server/**/*.ts'],
    ignores: ['server/main.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'exit', message: 'Only main.ts ends the process.' },
      ],
    },
  },
  ...roomRules,
  {
    files: ['web/**/*.{ts,svelte}'],
    languageOptions: { globals: globals.browser },
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex: 'server/(?!contract/|language/|python/)',
              message: 'The browser shares only server/contract, server/language and server/python with the server.',
            },
          ],
        },
      ],
    },
  },
  { files: ['**/*.svelte', '**/*.svelte.ts'], languageOptions: { parserOptions: { parser: tseslint.parser } } },
  { files: ['**/*.js'], ...tseslint.configs.disableTypeChecked },
);
