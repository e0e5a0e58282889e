import { LitElement, css, html, nothing } from 'lit';
import { mayOperate } from './api.js';
import { shared } from './styles.js';
import './group-card.js';
import './instance-list.js';
import './policy-form.js';

// A group by itself: what the overview says of it, its policy, its machines.
class GroupView extends LitElement {
  static properties = {
    group: { attribute: false },
    session: { attribute: false },
    status: {},  // of the machines to be shown first
  };
  static styles = [shared, css`
    .advice { border-left: 6px solid var(--warning); background: var(--warning-ground); }
    .advice.error { border-left-color: var(--error); background: var(--error-ground);
      color: inherit; }
    summary { font-size: 1.2rem; font-weight: 700; cursor: pointer; }
  `];

  render() {
    return html`
      <group-card .group=${this.group} .session=${this.session}></group-card>
      ${this.group.advice.map((each) => html`
        <p class="panel advice ${each.severity}"><b>${each.what}</b><br>${each.action}</p>`)}
      ${mayOperate(this.session) ? html`<details class="panel"><summary>Policy</summary>
        <policy-form .group=${this.group}></policy-form></details>` : nothing}
      <section class="panel"><h2>Machines</h2>
        <instance-list .group=${this.group} .status=${this.status}></instance-list></section>`;
  }
}
customElements.define('group-view', GroupView);
