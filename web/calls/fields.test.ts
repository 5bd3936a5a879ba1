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
  ]);
  expect(fieldsOf(undefined)).toEqual([]);
});

test('its content has the types of the schema, and leaves out what is empty', () => {
  const fields = fieldsOf(schema);
  const values = { branch: 'main', tries: '3', force: false, color: '', size: 's', tags: 'a, b,' };
  expect(contentOf(fields, values)).toEqual({
    ...{ branch: 'main', tries: 3, force: false, size: 's' },
    tags: ['a', 'b'],
  });
});
