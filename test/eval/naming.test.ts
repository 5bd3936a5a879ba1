import { expect, test } from 'vitest';
import { misnamed } from './naming.ts';

const known = [
  { code: 'KX-1111', name: 'bicycle' },
  { code: 'KX-2222', name: 'helmet' },
];
const names = ['bicycle', 'helmet', 'lamp'];

test.each([
  'Bicycles: KX-1111.',
  'The quote for bicycles is there. Its reference is KX-1111.',
  'KX-1111 is the reference.\nIt is for the bicycles.',
  'KX-1111 is for bicycles and KX-2222 for helmets.',
  'Both are in: bicycles and helmets, KX-1111 and KX-2222.',
  '| Bicycles | KX-1111 |\n| Helmets | KX-2222 |',
  'Unlike the helmets, the bicycles have one now: KX-1111.',
  'Bicycles KX-1111; helmets KX-2222; the lamps take longer.',
  'Bicycles: KX-1111 (once more: KX-1111).',
  'Nothing known: KX-9999.',
])('%j names every reference correctly', (text) => {
  expect(misnamed(text, known, names)).toEqual([]);
});

test.each([
  ['Helmets: KX-1111.', ['KX-1111']],
  ['The quote for helmets is there. Its reference is KX-1111.', ['KX-1111']],
  ['KX-2222 is for bicycles and KX-1111 for helmets.', ['KX-2222', 'KX-1111']],
  ['| Bicycles | KX-2222 |\n| Helmets | KX-1111 |', ['KX-2222', 'KX-1111']],
  ['Lamps and helmets have KX-1111.', ['KX-1111']],
  ['The reference is KX-1111.', ['KX-1111']],
])('%j misnames a reference', (text, codes) => {
  expect(misnamed(text, known, names)).toEqual(codes);
});
