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

// What update_engine's error codes mean to who has to do something about it; the high bits say
// what was special about the attempt.
const kErrors = {
  1: 'unspecified', 4: 'copying the file system failed', 5: 'postinstall failed',
  6: 'the new partition could not be marked', 7: 'the target partition could not be opened',
  9: 'the download failed', 10: 'the payload has another digest',
  11: 'the payload has another size', 12: 'the payload could not be verified',
  13: 'the new partition has not the announced content', 14: 'writing failed',
  15: 'the new partition could not be verified', 17: 'the payload is not signed',
  18: 'no trusted key signed the payload', 20: 'the download could not be resumed',
  23: 'the payload is damaged', 28: 'applying the payload failed',
  29: 'a part of the payload has another digest', 30: 'the service sent an empty answer',
  31: 'the service sent no XML', 34: 'the service refused, or sent no valid update',
  35: 'the machine\'s policy ignores it', 36: 'the machine\'s policy defers it',
  40: 'waits after earlier failures', 44: 'the new version did not hold: rolled back',
};

export function errorText(text) {
  if (!text) return '';
  const code = Number(text) & 0x0fffffff;
  if (code >= 2000 && code < 3000) return `${code}: HTTP status ${code - 2000}`;
  return kErrors[code] ? `${code}: ${kErrors[code]}` : String(code);
}
