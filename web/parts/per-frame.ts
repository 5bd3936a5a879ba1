/** Runs `work` once for any number of calls until the next frame. A hidden page has no frames, so a timer replaces them. */
export function perFrame(work: () => void): () => void {
  let isDue = false;
  const run = () => {
    isDue = false;
    work();
  };
  return () => {
    if (isDue) return;
    isDue = true;
    if (document.visibilityState === 'visible') requestAnimationFrame(run);
    else setTimeout(run, HIDDEN_MS);
  };
}

const HIDDEN_MS = 250;
