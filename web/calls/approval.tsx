import { useEffect, useId, useState } from 'preact/hooks';
import { APIError, type CallState } from '../../client/index.ts';
import type { OpenedConversation } from '../opened.ts';
import { clearText, withoutHidden } from '../parts/clear-text.ts';
import { Hand } from '../parts/icons.tsx';
import { now } from '../parts/now.ts';
import { about } from '../parts/words.ts';
import { hashOf } from '../route.ts';
import { Value } from './value.tsx';

/** Asks a person whether a call may run, and shows exactly what it would run with. The talk goes on beside it. */
export function Approval({ call, opened }: { call: CallState; opened: OpenedConversation }) {
  const { id, tool, why, input, expires_at, seq } = call;
  const title = useId();
  const [sent, setSent] = useState<'approve' | 'deny'>();
  const [failed, setFailed] = useState<string>();
  const [reason, setReason] = useState<string>();
  const isArmed = useArmed();
  const decide = (decision: 'approve' | 'deny') => {
    setSent(decision);
    setFailed(undefined);
    const { conversation } = opened;
    const words = reason?.trim() ? { reason: reason.trim() } : {};
    (decision === 'approve' ? conversation.approve(id) : conversation.deny(id, words)).catch(
      (error: unknown) => {
        setSent(undefined);
        setFailed(wordsOf(error));
      },
    );
  };
  return (
    <li class="approval" aria-labelledby={title} data-call={id}>
      <p class="approval-kind">
        <Hand /> Needs your approval
      </p>
      <h3 id={title}>{clearText(why ?? 'May this call run?')}</h3>
      <p class="small">
        <a href={hashOf({ view: 'talk', id: opened.id, entry: seq })}>
          <b>{withoutHidden(tool)}</b>
        </a>{' '}
        would run with
      </p>
      <Value value={input} label="What it would run with" />
      {reason !== undefined && (
        <input
          class="reason"
          aria-label="Why not? The agent is told."
          placeholder="Why not? The agent is told."
          maxLength={2_000}
          autofocus
          value={reason}
          onInput={(event) => setReason(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && !event.isComposing) decide('deny');
            if (event.key === 'Escape') setReason(undefined);
          }}
        />
      )}
      <div class="approval-foot">
        {reason === undefined ? (
          <>
            <button
              class="approve"
              disabled={!isArmed || sent !== undefined}
              onClick={() => decide('approve')}
            >
              {sent === 'approve' ? 'Approving …' : 'Approve'}
            </button>
            <button disabled={!isArmed || sent !== undefined} onClick={() => setReason('')}>
              Deny …
            </button>
          </>
        ) : (
          <>
            <button class="deny" disabled={sent !== undefined} onClick={() => decide('deny')}>
              {sent === 'deny' ? 'Denying …' : 'Deny'}
            </button>
            <button disabled={sent !== undefined} onClick={() => setReason(undefined)}>
              Back
            </button>
          </>
        )}
        {expires_at !== undefined && <Deadline at={expires_at} />}
      </div>
      {failed && (
        <p class="wrong small" role="alert">
          {failed}
        </p>
      )}
    </li>
  );
}

export const Deadline = ({ at }: { at: string }) => (
  <span class="small deadline" title={new Date(at).toLocaleString()}>
    {about(Date.parse(at) - now.value)} left
  </span>
);

/** False at first, so that a click that was meant for what was here before approves nothing. */
export function useArmed(): boolean {
  const [isArmed, setArmed] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setArmed(true), ARMED_AFTER_MS);
    return () => clearTimeout(timer);
  }, []);
  return isArmed;
}

const ARMED_AFTER_MS = 600;

function wordsOf(error: unknown): string {
  if (error instanceof APIError && error.code === 'call_not_awaiting') {
    return 'This call is decided already.';
  }
  return `Nothing was decided. ${(error as Error).message}`;
}
