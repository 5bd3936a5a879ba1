/** Two lines of events, one of which goes on. */
export const Mark = () => (
  <span class="mark">
    <svg viewBox="0 0 26 16" aria-hidden="true">
      <path d="M2 4.5h8M15 4.5h5" />
      <path class="goes-on" d="M2 11.5h18" />
      <circle class="goes-on" cx="21.5" cy="11.5" r="2.7" />
    </svg>
    Meanwhile
  </span>
);
