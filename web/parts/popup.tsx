/** A button that opens a short list of choices. The browser closes it: on Esc, and on a click elsewhere. */
import type { ComponentChildren } from 'preact';
import { useId, useRef, useState } from 'preact/hooks';

export function Popup({
  label,
  content,
  kind = '',
  children,
}: {
  label: string;
  content: ComponentChildren;
  kind?: string;
  children: ComponentChildren;
}) {
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const [isOpen, setOpen] = useState(false);
  const place = () => {
    const [at, own] = [button.current!.getBoundingClientRect(), list.current!];
    const isLow = at.top > innerHeight / 2;
    own.style.top = isLow ? 'auto' : `${at.bottom + 6}px`;
    own.style.bottom = isLow ? `${innerHeight - at.top + 6}px` : 'auto';
    const isRight = at.left > innerWidth / 2;
    own.style.right = isRight ? `${Math.max(8, innerWidth - at.right)}px` : 'auto';
    own.style.left = isRight ? 'auto' : `${Math.max(8, at.left)}px`;
  };
  return (
    <>
      <button
        ref={button}
        type="button"
        class={kind}
        aria-label={label}
        aria-expanded={isOpen}
        {...{ popovertarget: id }}
      >
        {content}
      </button>
      <div
        ref={list}
        id={id}
        class="popup"
        popover="auto"
        onBeforeToggle={place}
        onToggle={(event) => setOpen(event.newState === 'open')}
        onClick={(event) => {
          if ((event.target as Element).closest('button, a')) list.current!.hidePopover();
        }}
      >
        {children}
      </div>
    </>
  );
}
