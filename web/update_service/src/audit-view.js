import { LitElement, html } from 'lit';
import { get } from './api.js';
import { Fetched } from './fetched.js';
import { when } from './names.js';
import { shared } from './styles.js';

const parsed = (value) => {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
};

// The members that differ, as "name: before → after".
function differences(before, after) {
  const [from, to] = [parsed(before) ?? {}, parsed(after) ?? {}];
  if (typeof from !== 'object' || typeof to !== 'object') return `${from} → ${to}`;
  return Object.keys({ ...from, ...to })
    .filter((name) => JSON.stringify(from[name]) !== JSON.stringify(to[name]))
    .map((name) => `${name}: ${JSON.stringify(from[name]) ?? ''} → ${JSON.stringify(to[name]) ?? ''}`)
    .join(', ');
}

// Who has changed what, newest first.
class AuditView extends LitElement {
  static styles = shared;

  list = new Fetched(this, () => 'audit', () => get('audit?perpage=100'));

  render() {
    return html`<section class="panel"><h2>Audit</h2>
      ${this.list.show(({ totalCount, entries }) => html`
        <p class="quiet">${entries.length} of ${totalCount}</p>
        <div class="scroll"><table>
          <thead><tr><th>When</th><th>Who</th><th>What</th><th>Change</th></tr></thead>
          <tbody>${entries.map((each) => html`<tr><td>${when(each.created_ts)}</td>
            <td>${each.who}</td><td>${each.action}<br><code>${each.object}</code></td>
            <td><code>${differences(each.before, each.after)}</code></td></tr>`)}</tbody>
        </table></div>`)}</section>`;
  }
}
customElements.define('audit-view', AuditView);
