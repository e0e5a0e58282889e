import { LitElement, css, html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { groupPath } from './api.js';
import { shared } from './styles.js';
import './group-card.js';

// What is stuck and what to do, then each group that has machines, then the others.
class OverviewView extends LitElement {
  static properties = { overview: { attribute: false }, session: { attribute: false } };
  static styles = [shared, css`
    ul { list-style: none; margin: 0 0 1rem; padding: 0; }
    li { border: 1px solid var(--line); border-left: 6px solid var(--warning); border-radius: 8px;
      background: var(--warning-ground); padding: .6rem 1rem; margin-bottom: .5rem; }
    li a { color: inherit; }
    li.error { border-left-color: var(--error); background: var(--error-ground); color: inherit; }
    h2 { margin: 1.5rem 0 .75rem; }
  `];

  advice(groups) {
    const all = groups.flatMap((group) =>
      group.advice.map((advice) => ({ ...advice, group })));
    all.sort((a, b) => (b.severity === 'error') - (a.severity === 'error'));
    if (all.length === 0) return html`<p id="calm">Nothing is stuck.</p>`;
    return html`<ul id="advice">${all.map((each) => html`
      <li class=${each.severity}>
        <b><a href="/${groupPath(each.group)}">${each.group.name}</a>: ${each.what}</b><br>${each.action}
      </li>`)}</ul>`;
  }

  cards(groups) {
    return repeat(groups, (group) => group.group_id, (group) => html`
      <group-card id="group-${group.group_id}" .group=${group} .session=${this.session}></group-card>`);
  }

  render() {
    const used = this.overview.groups.filter((group) => group.instances > 0);
    const empty = this.overview.groups.filter((group) => group.instances === 0);
    return html`
      <h2>What needs you</h2>
      ${this.advice(this.overview.groups)}
      <h2>Groups</h2>
      ${this.cards(used)}
      ${used.length === 0 ? html`<p class="quiet">No machine has asked yet.</p>` : nothing}
      ${empty.length > 0 ? html`
        <details ?open=${used.length === 0}>
          <summary>${empty.length} groups without machines</summary>${this.cards(empty)}
        </details>` : nothing}`;
  }
}
customElements.define('overview-view', OverviewView);
