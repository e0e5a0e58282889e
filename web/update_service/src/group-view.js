import { LitElement, html, nothing } from 'lit';
import { mayOperate } from './api.js';
import { shared } from './styles.js';
import './group-card.js';
import './instance-list.js';
import './policy-form.js';

// A group by itself: what the overview says of it, its policy, its machines.
class GroupView extends LitElement {
  static properties = { group: { attribute: false }, session: { attribute: false } };
  static styles = shared;

  render() {
    return html`
      <group-card .group=${this.group} .session=${this.session}></group-card>
      ${this.group.advice.map((each) => html`
        <p class="panel"><b class=${each.severity}>${each.what}</b><br>${each.action}</p>`)}
      ${mayOperate(this.session) ? html`<details class="panel"><summary>Policy</summary>
        <policy-form .group=${this.group}></policy-form></details>` : nothing}
      <section class="panel"><h2>Machines</h2>
        <instance-list .group=${this.group}></instance-list></section>`;
  }
}
customElements.define('group-view', GroupView);
