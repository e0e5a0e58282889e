// The service's REST API with the session's cookie. Each call gives the answer's JSON, or
// throws a Refusal that says what an operator can read.
export class Refusal extends Error {
  constructor(status, text) {
    super(text);
    this.status = status;
  }
}

let csrf = '';

async function call(method, path, body) {
  const headers = { 'X-CSRF-Token': csrf };
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  let response;
  try {
    response = await fetch(path, {
      method, headers, body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    throw new Refusal(0, 'The service cannot be reached.');
  }
  const text = await response.text();
  let value = null;
  try {
    value = text === '' ? null : JSON.parse(text);
  } catch {
    throw new Refusal(response.status, `The service answered ${response.status} with no JSON.`);
  }
  if (!response.ok) throw new Refusal(response.status, value?.description ?? `HTTP ${response.status}`);
  return value;
}

export const get = (path) => call('GET', `/api/${path}`);
export const put = (path, body) => call('PUT', `/api/${path}`, body);
export const post = (path, body) => call('POST', `/api/${path}`, body);

// Nothing when nobody is logged in.
export async function session() {
  const config = await call('GET', '/config');
  try {
    const found = await get('session');
    csrf = found.csrf;
    return { ...found, title: config.title };
  } catch (refusal) {
    if (refusal.status === 401) return null;
    throw refusal;
  }
}

export const logIn = (token) => call('POST', '/login', { token });
export const logOut = () => call('POST', '/logout');

export const groupPath = (group) =>
  `apps/${encodeURIComponent(group.application_id)}/groups/${encodeURIComponent(group.group_id)}`;

export const mayOperate = (session) => session.role !== 'viewer';
