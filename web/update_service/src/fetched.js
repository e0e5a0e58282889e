// A reactive controller that loads something when its key changes, and says what came of it.
import { html } from 'lit';

export class Fetched {
  constructor(host, key, load) {
    Object.assign(this, { host, key, load, value: undefined, problem: '' });
    host.addController(this);
  }

  hostUpdate() {
    const key = this.key();
    if (key === this.last) return;
    this.last = key;
    this.reload();
  }

  async reload() {
    const key = this.last;
    try {
      const value = await this.load();
      if (key !== this.last) return;  // an answer to what is asked no more
      this.value = value;
      this.problem = '';
    } catch (refusal) {
      this.problem = refusal.message;
    }
    this.host.requestUpdate();
  }

  show(view) {
    if (this.problem) return html`<p class="error" role="alert">${this.problem}</p>`;
    if (this.value === undefined) return html`<p class="quiet">Loading…</p>`;
    return view(this.value);
  }
}
