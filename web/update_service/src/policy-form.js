import { LitElement, css, html } from 'lit';
import { get, groupPath, put } from './api.js';
import { Fetched } from './fetched.js';
import { shared } from './styles.js';

const kTexts = [
  ['policy_max_updates_per_period', 'Updates per period', 'number'],
  ['policy_period_interval', 'Period, e.g. "15 minutes"', 'text'],
  ['policy_update_timeout', 'Update timeout, e.g. "60 minutes"', 'text'],
  ['policy_timezone', 'Time zone', 'text'],
];
const kSwitches = [
  ['policy_safe_mode', 'Safe mode: one machine first, stop at its failure'],
  ['policy_office_hours', 'Only in office hours'],
];

// A group's policy, for operators; "changed" bubbles when it was saved.
class PolicyForm extends LitElement {
  static properties = { group: { attribute: false }, said: { state: true } };
  static styles = [shared, css`
    form { display: grid; gap: .75rem; grid-template-columns: repeat(auto-fit, minmax(16rem, 1fr)); }
    label { display: flex; flex-direction: column; justify-content: space-between; }
    label.switch { display: block; grid-column: 1 / -1; }
    input:not([type=checkbox]) { display: block; width: 100%; }
    input[type=checkbox] { min-height: 0; }
    div { grid-column: 1 / -1; }
  `];

  policy = new Fetched(this, () => this.group.group_id, () => get(groupPath(this.group)));

  async save(event) {
    event.preventDefault();
    const data = new FormData(event.target);
    const changes = {};
    for (const [name, , type] of kTexts) {
      changes[name] = type === 'number' ? Number(data.get(name)) : data.get(name);
    }
    for (const [name] of kSwitches) changes[name] = data.has(name);
    try {
      await put(groupPath(this.group), changes);
      this.said = 'Saved.';
      await this.policy.reload();
    } catch (refusal) {
      this.said = `Not saved: ${refusal.message}`;
    }
  }

  render() {
    return this.policy.show((policy) => html`
      <form @submit=${this.save}>
        ${kTexts.map(([name, label, type]) => html`<label>${label}
          <input name=${name} type=${type} .value=${String(policy[name] ?? '')}></label>`)}
        ${kSwitches.map(([name, label]) => html`<label class="switch">
          <input name=${name} type="checkbox" .checked=${policy[name]}> ${label}</label>`)}
        <div class="row"><button>Save policy</button><span role="status">${this.said}</span></div>
      </form>`);
  }
}
customElements.define('policy-form', PolicyForm);
