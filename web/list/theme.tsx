import { effect, signal } from '@preact/signals';
import { Sun } from '../parts/icons.tsx';

const STORED = 'meanwhile.theme';

/** Undefined: follows the system. */
const theme = signal(localStorage.getItem(STORED) ?? undefined);

effect(() => {
  const { documentElement: root } = document;
  if (theme.value === undefined) {
    root.removeAttribute('data-theme');
    localStorage.removeItem(STORED);
  } else {
    root.dataset.theme = theme.value;
    localStorage.setItem(STORED, theme.value);
  }
});

export function ThemeButton() {
  const next = () => {
    const isDark = (theme.value ?? system()) === 'dark';
    const other = isDark ? 'light' : 'dark';
    theme.value = other === system() ? undefined : other;
  };
  return (
    <button class="quiet icon-only" onClick={next} aria-label="Light or dark" title="Light or dark">
      <Sun />
    </button>
  );
}

const system = () => (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');
