import { expect, test } from 'vitest';
import { contentOf, fieldsOf } from './fields.ts';

const schema = {
  type: 'object',
  properties: {
    branch: { type: 'string', title: 'Branch', default: 'main' },
    tries: { type: 'integer' },
    force: { type: 'boolean', default: true },
    color: { type: 'string', oneOf: [{ const: 'r', title: 'Red' }, { const: 'g' }] },
    size: { type: 'string', enum: ['s', 'm'], enumNames: ['Small'] },
    tags: { type: 'array', items: { type: 'string' } },
    regions: {
      type: 'array',
      items: { anyOf: [{ const: 'eu', title: 'Europe' }, { const: 'us' }] },
    },
  },
  required: ['branch'],
};

test('a form has a field for each property, with its choices and its default', () => {
  expect(fieldsOf(schema)).toMatchObject([
    { label: 'Branch', kind: 'string', isRequired: true, initial: 'main' },
    { label: 'tries', kind: 'integer', isRequired: false, initial: '' },
    { kind: 'boolean', initial: true },
    {
      options: [
        { value: 'r', label: 'Red' },
        { value: 'g', label: 'g' },
      ],
    },
    {
      options: [
        { value: 's', label: 'Small' },
        { value: 'm', label: 'm' },
      ],
    },
    { kind: 'list', initial: '' },
    {
      ...{ kind: 'list', initial: [] },
      options: [
        { value: 'eu', label: 'Europe' },
        { value: 'us', label: 'us' },
      ],
    },
  ]);
  expect(fieldsOf(undefined)).toEqual([]);
});

test('the content of a form has the types of the schema, and leaves out empty fields', () => {
  const fields = fieldsOf(schema);
  const values = {
    branch: 'main',
    tries: '3',
    force: false,
    color: '',
    size: 's',
    tags: 'a, b,',
    regions: ['eu'],
  };
  expect(contentOf(fields, values)).toEqual({
    ...{ branch: 'main', tries: 3, force: false, size: 's' },
    ...{ tags: ['a', 'b'], regions: ['eu'] },
  });
  expect(contentOf(fields, { ...values, regions: [] })).not.toHaveProperty('regions');
});

test('limits that the browser can check are passed on to it', () => {
  const properties = {
    count: { type: 'integer', minimum: 1, maximum: 9 },
    ratio: { type: 'number' },
    mail: { type: 'string', format: 'email', maxLength: 80 },
    site: { type: 'string', format: 'uri' },
  };
  expect(fieldsOf({ properties }).map(({ limits }) => limits)).toEqual([
    { type: 'number', step: 1, min: 1, max: 9 },
    { type: 'number', step: 'any' },
    { type: 'email', maxLength: 80 },
    { type: 'text' },
  ]);
});
