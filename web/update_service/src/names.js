// Nebraska's numbers in words.
export const statusName = (number) => ['', 'undefined', 'granted', 'error', 'complete',
  'installed', 'downloaded', 'downloading', 'on hold'][number] ?? (number ? String(number) : 'none');

export const severityName = (number) =>
  ['', 'success', 'info', 'warning', 'error'][number] ?? String(number);

export const className = (number) => ({
  1: 'package not found',
  2: 'rollout started',
  3: 'rollout finished',
  4: 'rollout failed',
  5: 'update failed',
  6: 'channel changed',
})[number] ?? `event ${number}`;

export const when = (text) => (text ? new Date(text).toLocaleString(undefined,
  { dateStyle: 'medium', timeStyle: 'medium', hour12: false }) : '');
