import { LitElement, css, html, nothing } from 'lit';
import { logOut, mayOperate, session } from './api.js';
import { Live } from './live.js';
import { shared } from './styles.js';
import './login-form.js';
import './overview-view.js';
import './group-view.js';
import './instance-view.js';
import './activity-view.js';
import './audit-view.js';

// The whole page: who is logged in, the live overview, and which view a path shows.
class UpdatePage extends LitElement {
  static properties = {
    session: { state: true },
    overview: { state: true },
    connected: { state: true },
    problem: { state: true },
    path: { state: true },
    query: { state: true },
  };
  static styles = [shared, css`
    :host { display: block; max-width: 70rem; margin: 0 auto; padding: 1rem; }
    header { margin-bottom: 1.25rem; }
    nav { display: flex; gap: 1rem; }
    nav a[aria-current] { font-weight: 700; color: inherit; text-decoration: none; }
    .live::before { content: "\\25CF\\A0"; }
    .on { color: var(--good); }
    .off { color: var(--error); font-weight: 700; }
  `];

  constructor() {
    super();
    this.look();
    addEventListener('popstate', () => this.look());
    this.addEventListener('click', (event) => this.follow(event));
  }

  look() {
    this.path = location.pathname;
    this.query = location.search;
  }

  connectedCallback() {
    super.connectedCallback();
    this.enter();
  }

  async enter() {
    try {
      this.session = await session();
      this.problem = '';
    } catch (refusal) {
      this.problem = refusal.message;
      return;
    }
    this.live?.close();
    this.live = null;
    if (this.session === null) return;
    document.title = this.session.title;
    this.live = new Live({
      onOverview: (overview) => { this.overview = overview; },
      onState: (connected) => { this.connected = connected; },
      onEnd: () => this.checkSession(),
    });
  }

  // A stream may end for other reasons too; it is tried again meanwhile.
  async checkSession() {
    try {
      if (await session() === null) await this.enter();
    } catch {
      this.connected = false;
    }
  }

  // Links of ours change the view without loading the page anew.
  follow(event) {
    const link = event.composedPath().find((node) => node.tagName === 'A');
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (link.origin !== location.origin) return;
    event.preventDefault();
    history.pushState(null, '', link.href);
    this.look();
    scrollTo(0, 0);
  }

  async leave() {
    this.live?.close();
    this.live = null;
    this.overview = undefined;
    await logOut();
    await this.enter();
  }

  view() {
    const words = this.path.split('/').filter(Boolean).map(decodeURIComponent);
    if (words[0] === 'activity') return html`<activity-view></activity-view>`;
    if (words[0] === 'audit' && mayOperate(this.session)) return html`<audit-view></audit-view>`;
    if (!this.overview) return html`<p class="quiet">Waiting for the overview…</p>`;
    if (words[0] === 'apps' && words[2] === 'groups') {
      const group = this.overview.groups.find((each) =>
        each.application_id === words[1] && each.group_id === words[3]);
      if (!group) return html`<p class="error">There is no such group.</p>`;
      if (words[4] === 'instances' && words[5]) {
        return html`<instance-view .group=${group} instance=${words[5]}></instance-view>`;
      }
      const status = new URLSearchParams(this.query).get('status') ?? '';
      return html`<group-view .group=${group} .session=${this.session} .status=${status}>
        </group-view>`;
    }
    return html`<overview-view .overview=${this.overview} .session=${this.session}></overview-view>`;
  }

  link(path, name) {
    return html`<a href=${path} aria-current=${this.path === path ? 'page' : nothing}>${name}</a>`;
  }

  render() {
    if (this.problem) return html`<p class="error" role="alert">${this.problem}</p>
      <button @click=${this.enter}>Try again</button>`;
    if (this.session === undefined) return html`<p class="quiet">Loading…</p>`;
    if (this.session === null) return html`<login-form @session=${this.enter}></login-form>`;
    return html`
      <header class="row spread">
        <h1>${this.session.title}</h1>
        <nav aria-label="Views">${this.link('/', 'Overview')} ${this.link('/activity', 'Activity')}
          ${mayOperate(this.session) ? this.link('/audit', 'Audit') : nothing}</nav>
        <span class="row">
          <span id="live" class="live ${this.connected ? 'on' : 'off'}" role="status">
            ${this.connected ? 'live' : 'not connected: figures may be old'}</span>
          <span class="quiet">${this.session.user} (${this.session.role})</span>
          <button id="leave" @click=${this.leave}>Log out</button>
        </span>
      </header>
      <main>${this.view()}</main>`;
  }
}
customElements.define('update-page', UpdatePage);
