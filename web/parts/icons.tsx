/** Line drawings of 16 by 16. They decorate: the words beside them say the same. */
import type { ComponentChildren } from 'preact';

const icon = (children: ComponentChildren) => () => (
  <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
    {children}
  </svg>
);

export const Menu = icon(<path d="M2.5 4.5h11M2.5 8h11M2.5 11.5h11" />);
export const Plus = icon(<path d="M8 3v10M3 8h10" />);
export const Cross = icon(<path d="m4 4 8 8M12 4l-8 8" />);
export const Send = icon(<path d="M8 13V3.5M3.5 7.5 8 3l4.5 4.5" />);
export const Stop = icon(<rect x="4" y="4" width="8" height="8" rx="1.5" fill="currentColor" />);
export const Down = icon(<path d="m4 6.5 4 4 4-4" />);
export const ArrowDown = icon(<path d="M8 3v9.5M3.5 8.5 8 13l4.5-4.5" />);
export const Check = icon(<path d="m3 8.5 3.5 3.5L13 4.5" />);
export const Hand = icon(<path d="M8 4.5v4M8 11.200v.1M8 1.800 14.5 13.5h-13z" />);
export const Question = icon(
  <>
    <circle cx="8" cy="8" r="6" />
    <path d="M6.200 6.300a1.800 1.800 0 1 1 2.600 1.600c-.6.3-.8.6-.8 1.200M8 11.200v.1" />
  </>,
);
export const Clock = icon(
  <>
    <circle cx="8" cy="8" r="5.5" />
    <path d="M8 5v3.200l2.200 1.300" />
  </>,
);
export const Sun = icon(
  <>
    <circle cx="8" cy="8" r="2.8" />
    <path d="M8 1.5v1.200M8 13.300v1.200M1.5 8h1.200M13.300 8h1.200M3.400 3.400l.9.9M11.700 11.700l.9.9M3.400 12.600l.9-.9M11.700 4.300l.9-.9" />
  </>,
);
export const Key = icon(
  <>
    <circle cx="5.5" cy="10.5" r="2.8" />
    <path d="m7.5 8.5 6-6M11 5l2 2" />
  </>,
);
export const Away = icon(
  <path d="M2 2l12 12M4.5 9.5a5 5 0 0 1 2.200-1.300M2.200 6.800A8.5 8.5 0 0 1 5 5M8 4.200a8.5 8.5 0 0 1 5.800 2.600M10 8.5a5 5 0 0 1 1.5 1M8 12.5v.1" />,
);
